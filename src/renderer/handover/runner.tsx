/** Who runs a query instead of this console, as far as lease, checkpoint and table tell, and the way to change that. */
import type { RunnerView } from '../../console/contract.ts';
import { useNow } from '../clock.ts';
import { Fact } from '../components/page.tsx';
import { longSpan, moment } from '../format.ts';
import { useZone } from '../preferences.ts';

export const engineWords = ({ engine, owner }: RunnerView): string =>
  engine === 'sluice' ? 'by another console' : owner ? 'by Spark' : 'left to Spark';

export function RunnerFacts({ runner }: { readonly runner: RunnerView }) {
  const now = useNow();
  const zone = useZone();
  const { engine, owner, lastBatch, writtenAt, table, drains } = runner;
  const ago = (at: number | null) => (at === null ? '' : `, ${longSpan(now - at)} ago`);
  const where = owner ? `${owner.host}, process ${owner.pid}` : 'nobody holds the lease';
  return (
    <div className="runner-facts">
      <Fact label={engine === 'spark' ? 'Spark' : 'Console'}>
        <span title={where}>{where}</span>
      </Fact>
      {owner && <Fact label="Since">{moment(owner.since, now, zone)}</Fact>}
      <Fact label="Last batch">{lastBatch === null ? 'none' : `${lastBatch}${ago(writtenAt)}`}</Fact>
      {table && <Fact label="Table">{`v${table.version}${ago(table.at)}`}</Fact>}
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
