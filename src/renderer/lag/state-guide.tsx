import { Status, type StateWord } from '../components/status.tsx';

const MEANINGS: readonly (readonly [StateWord, string])[] = [
  ['OK', 'nothing waits, or the lag falls'],
  ['WARN', 'the lag has not shrunk over the last samples'],
  ['STALLED', 'records wait and the position stands still'],
  ['STOPPED', 'the query does not run'],
  ['DATA LOSS', 'records left the topic before they were read'],
];

/** What the words of this screen mean. */
export function StateGuide() {
  return (
    <div className="row wrap" style={{ gap: '6px 24px', padding: '0 14px' }}>
      {MEANINGS.map(([word, meaning]) => (
        <span key={word} className="row">
          <Status word={word} />
          <span className="text ink-3">{meaning}</span>
        </span>
      ))}
    </div>
  );
}
