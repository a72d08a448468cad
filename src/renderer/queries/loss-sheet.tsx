/**
 * A topic has removed records before they were read. The numbers first, then the one button: giving up exactly these
 * offsets cannot be taken back.
 */
import { ActionIcon, Button, Drawer } from '@mantine/core';
import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ErrorView, QueryView } from '../../console/contract.ts';
import type { LossView } from '../../pipeline/events.ts';
import { ask, CommandError } from '../bridge.ts';
import { TITLES } from '../components/query-actions.tsx';
import { Failure, LoadingRows } from '../components/states.tsx';
import { toast } from '../components/toast.ts';
import { count, offset, plural } from '../format.ts';
import { useStore } from '../store.ts';

interface LossSheetProps {
  readonly query: QueryView['name'];
  readonly onClose: () => void;
}

export function LossSheet({ query, onClose }: LossSheetProps) {
  const [loss, failure] = useLoss(query);
  const title = TITLES[query];
  return (
    <Drawer
      opened
      onClose={onClose}
      size={680}
      withCloseButton={false}
      classNames={{ content: 'sheet' }}
      attributes={{ content: { 'aria-label': `What ${title} has lost` } }}
    >
      <div className="sheet-head row">
        <h2>What {title} has lost</h2>
        <span className="grow" />
        <ActionIcon size="xs" onClick={onClose} aria-label="Close without accepting">
          <X size={16} />
        </ActionIcon>
      </div>
      <div className="sheet-body">
        {!loss && !failure && <LoadingRows rows={5} />}
        {failure && <Failure error={failure} />}
        {loss && loss.gaps.length > 0 && <Gaps loss={loss} />}
        {loss && (
          <ul className="text ink-2 sentences">
            {loss.sentences
              .filter((each) => !each.startsWith('Partition'))
              .map((each) => (
                <li key={each}>{each}</li>
              ))}
          </ul>
        )}
      </div>
      {loss && loss.gaps.length > 0 && <Accept query={query} loss={loss} onClose={onClose} />}
    </Drawer>
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
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ErrorView | null>(null);
  const accept = async () => {
    setBusy(true);
    try {
      await ask(bridge, 'loss.accept', { query, gaps: [...loss.gaps] });
      toast(`${plural(loss.total, 'offset')} given up; ${TITLES[query]} goes on behind them.`);
      onClose();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      setFailure(error.view);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="sheet-foot">
      {failure && <Failure error={failure} />}
      <div className="row gap-3">
        <span className="grow" />
        <Button variant="subtle" onClick={onClose}>
          Cancel
        </Button>
        <Button variant="filled" loading={busy} onClick={() => void accept()}>
          Give up {plural(loss.total, 'offset')}, then start {TITLES[query]}
        </Button>
      </div>
    </div>
  );
}

/** What is lost, asked when the sheet opens. */
function useLoss(query: QueryView['name']): readonly [LossView | null, ErrorView | null] {
  const { bridge } = useStore();
  const [loss, setLoss] = useState<LossView | null>(null);
  const [failure, setFailure] = useState<ErrorView | null>(null);
  useEffect(() => {
    let gone = false;
    ask(bridge, 'loss.preview', { query }).then(
      (answer) => !gone && setLoss(answer),
      (error: unknown) => {
        if (!(error instanceof CommandError)) throw error;
        if (!gone) setFailure(error.view);
      },
    );
    return () => {
      gone = true;
    };
  }, [bridge, query]);
  return [loss, failure];
}
