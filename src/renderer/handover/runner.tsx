/** Who runs a query instead of this console, as far as lease, checkpoint and table tell, and the way to change that. */
import type { RunnerView } from '../../console/contract.ts';
import { useNow } from '../clock.ts';
import { Fact } from '../components/page.tsx';
import { longSpan, moment } from '../format.ts';
import { useZone } from '../preferences.ts';

export const engineWords = ({ engine, owner }: RunnerView): string =>
  engine === 'spark'
    ? owner
      ? `by Spark on ${owner.host}`
      : 'left to Spark'
    : `by ${owner?.host ?? 'another console'}`;

export function RunnerFacts({ runner }: { readonly runner: RunnerView }) {
  const now = useNow();
  const zone = useZone();
  const { engine, owner, lastBatch, openBatch, writtenAt, table, drains } = runner;
  const ago = (at: number | null) => (at === null ? '' : `, ${longSpan(now - at)} ago`);
  return (
    <div className="runner-facts">
      <Fact label="Run by">{engine === 'spark' ? 'Spark' : 'Another console'}</Fact>
      <Fact label="On">{owner ? `${owner.host}, process ${owner.pid}` : 'nobody holds the lease'}</Fact>
      {owner && <Fact label="Since">{moment(owner.since, now, zone)}</Fact>}
      <Fact label="Last batch">
        {lastBatch === null ? 'none confirmed' : `${lastBatch}${ago(writtenAt)}`}
        {openBatch !== null && `, ${openBatch} under way`}
      </Fact>
      {table && <Fact label="Table">{`version ${table.version}${ago(table.at)}`}</Fact>}
      {drains && <Fact label="Alerts">sent from here</Fact>}
    </div>
  );
}

/** Why Start is refused, and the one thing that can be done. */
export function RunnerWay({ runner, onTake }: { readonly runner: RunnerView; readonly onTake: () => void }) {
  return (
    <div className="text ink-2">
      {runner.refusal && <span>{`Start is refused here: ${decapitalise(runner.refusal)} `}</span>}
      {runner.engine === 'spark' && (
        <button className="link nowrap" onClick={onTake}>
          Take over from Spark…
        </button>
      )}
    </div>
  );
}

const decapitalise = (text: string): string =>
  /^Spark/.test(text) ? text : `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
