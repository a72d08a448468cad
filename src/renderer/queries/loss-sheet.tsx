/**
 * A topic has removed records before they were read. The numbers first, then the one button: giving up exactly these
 * offsets cannot be taken back.
 */
import type { QueryView } from '../../console/contract.ts';
import type { LossView } from '../../pipeline/events.ts';
import { ask } from '../bridge.ts';
import { TITLES } from '../components/query-actions.tsx';
import { Sentences, Sheet, SheetAct } from '../components/sheet.tsx';
import { Failure, LoadingRows } from '../components/states.tsx';
import { useAnswer } from '../components/use-answer.ts';
import { count, offset, plural } from '../format.ts';
import { useStore } from '../store.ts';

interface LossSheetProps {
  readonly query: QueryView['name'];
  readonly onClose: () => void;
}

export function LossSheet({ query, onClose }: LossSheetProps) {
  const { value: loss, failure } = useAnswer('loss.preview', { query });
  const hasGaps = loss !== null && loss.gaps.length > 0;
  return (
    <Sheet
      title={`What ${TITLES[query]} has lost`}
      closing="Close without accepting"
      onClose={onClose}
      foot={hasGaps && <Accept query={query} loss={loss} onClose={onClose} />}
    >
      {!loss && !failure && <LoadingRows rows={5} />}
      {failure && <Failure error={failure} />}
      {hasGaps && <Gaps loss={loss} />}
      {loss && <Sentences of={loss.sentences.filter((each) => !each.startsWith('Partition'))} />}
    </Sheet>
  );
}

function Gaps({ loss }: { readonly loss: LossView }) {
  return (
    <div className="boxed">
      <table className="table compact">
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col" className="num">
              Next to read
            </th>
            <th scope="col" className="num">
              Topic begins at
            </th>
            <th scope="col" className="num">
              Lost
            </th>
          </tr>
        </thead>
        <tbody>
          {loss.gaps.map(({ partition, from, to }) => (
            <tr key={`${partition} ${from}`}>
              <td>
                <b>p{partition}</b>
              </td>
              <td className="num">{offset(from)}</td>
              <td className="num">{offset(to)}</td>
              <td className="num">
                <b className="tone-high">{count(Number(BigInt(to) - BigInt(from)))}</b>
              </td>
            </tr>
          ))}
          <tr>
            <td>
              <b>All</b>
            </td>
            <td />
            <td />
            <td className="num">
              <b className="tone-high">{count(loss.total)}</b>
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Accept({ query, loss, onClose }: LossSheetProps & { readonly loss: LossView }) {
  const { bridge } = useStore();
  const title = TITLES[query];
  return (
    <SheetAct
      label={`Give up ${plural(loss.total, 'offset')}, then start ${title}`}
      act={async () => {
        await ask(bridge, 'loss.accept', { query, gaps: [...loss.gaps] });
        return `${plural(loss.total, 'offset')} given up; ${title} goes on behind them.`;
      }}
      onClose={onClose}
    />
  );
}
