import type { Contributions as Moved } from '../../pipeline/events.ts';
import { plural } from '../format.ts';
import { inputWords, signed } from './input-words.ts';

interface ContributionsProps {
  readonly of: { readonly category: string; readonly probability: number };
  readonly moved: Moved;
}

/** More inputs than this are told as one sum. */
const LISTED = 8;

/** What each input added to the score or took from it, the strongest first: a bar and a signed number. */
export function Contributions({ of, moved }: ContributionsProps) {
  const listed = moved.inputs.slice(0, LISTED);
  const others = moved.inputs.slice(LISTED);
  const widest = Math.max(...listed.map(({ contribution }) => Math.abs(contribution)), 0.01);
  const total = (inputs: Moved['inputs']): number => inputs.reduce((sum, { contribution }) => sum + contribution, 0);
  return (
    <>
      <ul className="moved text">
        {listed.map(({ feature, value, contribution }) => (
          <li key={feature}>
            <span className="cut">{inputWords(feature, value, of)}</span>
            <Bar share={contribution / widest} />
            <span className="mono">{signed(contribution)}</span>
          </li>
        ))}
        {others.length > 0 && (
          <li className="ink-3">
            <span className="cut">{plural(others.length, 'other input')}</span>
            <Bar share={total(others) / widest} />
            <span className="mono">{signed(total(others))}</span>
          </li>
        )}
      </ul>
      <div className="row text ink-3" style={{ marginTop: 6 }}>
        <span>
          start {signed(moved.base)}, sum {signed(moved.base + total(moved.inputs))}
        </span>
        <span className="grow" />
        <span>probability {of.probability.toFixed(4)}</span>
      </div>
    </>
  );
}

/** From the middle to the right for what raised the score, to the left for what lowered it. */
function Bar({ share }: { readonly share: number }) {
  const width = `${Math.min(1, Math.abs(share)) * 50}%`;
  return (
    <span className="moved-bar" aria-hidden>
      <span className={share < 0 ? 'lowered' : 'raised'} style={{ width }} />
    </span>
  );
}
