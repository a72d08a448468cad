import { Fragment } from 'react';
import type { LagView, QueryView } from '../../console/contract.ts';
import type { PartitionLag, QueryName } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { TITLES } from '../components/query-actions.tsx';
import { queryWord, Status, type StateWord } from '../components/status.tsx';
import { count, longSpan, offset, plural, rate } from '../format.ts';

interface PartitionTableProps {
  readonly lag: Readonly<Record<QueryName, LagView | null>>;
  readonly queries: Readonly<Record<QueryName, QueryView>>;
}

const HEADS = ['Log start', 'Current', 'Log end', 'Lag', 'Oldest'] as const;

export function PartitionTable({ lag, queries }: PartitionTableProps) {
  return (
    <table className="table compact">
      <thead>
        <tr>
          <th scope="col">Partition</th>
          {HEADS.map((head) => (
            <th key={head} scope="col" className="num">
              {head}
            </th>
          ))}
          <th scope="col" style={{ paddingLeft: 32 }}>
            State
          </th>
        </tr>
      </thead>
      <tbody>
        {(['bronze', 'alert'] as const).map((name) => (
          <Fragment key={name}>
            <tr>
              <td className="group" colSpan={7}>
                <Group query={queries[name]} lag={lag[name]} />
              </td>
            </tr>
            {lag[name]?.partitions.map((partition) => (
              <PartitionRow key={partition.partition} partition={partition} query={queries[name]} />
            ))}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function Group({ query, lag }: { readonly query: QueryView; readonly lag: LagView | null }) {
  return (
    <span className="row">
      <h2>{TITLES[query.name]}</h2>
      <Status word={queryWord(query)} />
      <span className="text ink-3 cut">{lag ? drain(lag) : 'not known before its first checkpoint'}</span>
    </span>
  );
}

/** `85 records wait, the oldest for 7 s · 10.2/s read, 12.1/s in · caught up in 12 s` */
export function drain(lag: LagView): string {
  if (lag.total === 0) return `nothing waits · ${rate(lag.produced)}/s in`;
  const oldest = lag.oldestMs === null ? '' : `, the oldest for ${longSpan(lag.oldestMs)}`;
  const rates = `${rate(lag.consumed)}/s read, ${rate(lag.produced)}/s in`;
  const end = lag.drainSeconds === null ? 'growing' : `caught up in ${longSpan(lag.drainSeconds * 1_000)}`;
  return `${plural(lag.total, 'record waits', 'records wait')}${oldest} · ${rates} · ${end}`;
}

function PartitionRow({ partition, query }: { readonly partition: PartitionLag; readonly query: QueryView }) {
  const now = useNow();
  const { logStart, current, end, lag, oldestUnreadAt } = partition;
  return (
    <tr>
      <td>
        <b>p{partition.partition}</b>
      </td>
      <td className="num ink-3">{offset(logStart)}</td>
      <td className="num">{current === null ? 'none' : offset(current)}</td>
      <td className="num">{offset(end)}</td>
      <td className="num">
        <b>{count(lag)}</b>
      </td>
      <td className="num">{oldestUnreadAt === null ? '–' : longSpan(now - oldestUnreadAt)}</td>
      <td style={{ paddingLeft: 32 }}>
        <Status word={partitionWord(partition, query)} />
      </td>
    </tr>
  );
}

/** A partition is as well as its query, unless nothing waits in it or records left the topic before they were read. */
export function partitionWord({ current, logStart, lag }: PartitionLag, query: QueryView): StateWord {
  if (current !== null && BigInt(current) < BigInt(logStart)) return 'DATA LOSS';
  return lag === 0 && query.state === 'RUNNING' ? 'OK' : queryWord(query);
}
