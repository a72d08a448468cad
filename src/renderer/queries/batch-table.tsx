import { ChevronDown, ChevronRight } from 'lucide-react';
import type { QueryView } from '../../console/contract.ts';
import type { QueryProgress } from '../../pipeline/events.ts';
import { Table, type Column } from '../components/table.tsx';
import { count, preciseClock, rate, span } from '../format.ts';
import { useZone } from '../preferences.ts';
import { BatchDetail } from './batch-detail.tsx';
import { PhaseBar } from './phase-bar.tsx';

interface BatchTableProps {
  readonly query: QueryView;
  readonly chosen: string | null;
  readonly onChoose: (batchId: number | null) => void;
}

export function BatchTable({ query, chosen, onChoose }: BatchTableProps) {
  const zone = useZone();
  const longest = Math.max(1, ...query.batches.map(({ durationMs }) => durationMs.triggerExecution));
  const start: readonly Column<QueryProgress>[] = [
    {
      title: 'Batch',
      width: 86,
      cell: ({ batchId }) => (
        <span className="row" style={{ gap: 6 }}>
          {String(batchId) === chosen ? <ChevronDown size={14} /> : <ChevronRight size={14} className="ink-3" />}
          <b>{batchId}</b>
        </span>
      ),
    },
    { title: 'Started', width: 108, cell: ({ timestamp }) => preciseClock(Date.parse(timestamp), zone) },
    { title: 'Where its time went', cell: ({ durationMs }) => <PhaseBar durations={durationMs} longest={longest} /> },
    { title: 'Duration', width: 76, numeric: true, cell: ({ batchDuration }) => <b>{span(batchDuration)}</b> },
    { title: 'In', width: 64, numeric: true, cell: ({ numInputRows }) => count(numInputRows) },
    { title: 'Rows/s', width: 68, numeric: true, cell: ({ processedRowsPerSecond }) => rate(processedRowsPerSecond) },
    { title: 'Skipped', width: 70, numeric: true, cell: ({ x }) => count(x.skips) },
    { title: 'Dead letters', width: 90, numeric: true, cell: ({ x }) => <DeadLetters number={x.deadLetters} /> },
  ];
  return (
    <Table
      label={`Batches of ${query.name}`}
      columns={[...start, ...(query.name === 'bronze' ? BRONZE : ALERT)]}
      rows={query.batches}
      rowKey={({ batchId }) => String(batchId)}
      chosen={chosen}
      onChoose={(batch) => onChoose(batch?.batchId ?? null)}
      expand={(batch) => <BatchDetail batch={batch} />}
    />
  );
}

const known = (value: number | undefined): string => (value === undefined ? '–' : count(value));

const BRONZE: readonly Column<QueryProgress>[] = [
  { title: 'Written', width: 70, numeric: true, cell: ({ sink }) => count(sink.numOutputRows) },
  {
    title: 'Delta',
    width: 62,
    numeric: true,
    cell: ({ x }) => (x.deltaVersion === undefined ? '–' : `v${x.deltaVersion}`),
  },
  { title: 'Files', width: 58, numeric: true, cell: ({ x }) => known(x.files) },
];

const ALERT: readonly Column<QueryProgress>[] = [
  { title: 'NEW', width: 62, numeric: true, cell: ({ x }) => known(x.newTransactions) },
  { title: 'Scored', width: 66, numeric: true, cell: ({ x }) => known(x.predictions) },
  { title: 'Frauds', width: 66, numeric: true, cell: ({ x }) => <b>{known(x.frauds)}</b> },
];

const DeadLetters = ({ number }: { readonly number: number }) => (
  <span className={number > 0 ? 'tone-fail strong' : undefined}>{count(number)}</span>
);
