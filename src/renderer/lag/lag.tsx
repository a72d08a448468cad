/** How far each query is behind the topic, per partition, in offsets and in time. */
import type { LagView } from '../../console/contract.ts';
import type { Series } from '../components/chart-points.ts';
import { Chart, Legend } from '../components/chart.tsx';
import { Card, Page } from '../components/page.tsx';
import { Empty, LoadingRows } from '../components/states.tsx';
import { StateGuide } from './state-guide.tsx';
import { PartitionTable } from './partition-table.tsx';
import { mergeLag } from './points.ts';
import { count, plural, rate } from '../format.ts';
import { usePart } from '../store.ts';

export function Lag() {
  const lag = usePart('lag');
  const queries = usePart('queries');
  const known = lag?.bronze ?? lag?.alert ?? null;
  return (
    <Page
      title="Lag"
      sub={
        known
          ? `postgres.public.transactions, ${plural(known.partitions.length, 'partition')}, ${rate(known.produced)} records/s in`
          : ''
      }
    >
      {!lag || !queries ? (
        <section className="card">
          <LoadingRows rows={10} />
        </section>
      ) : (
        <>
          <section className="card" aria-label="Lag per partition">
            {known ? (
              <PartitionTable lag={lag} queries={queries} />
            ) : (
              <Empty title="No lag is known yet">
                <p>
                  The offsets of the topic are read once the stack is up; those of a query once it has its first
                  checkpoint.
                </p>
              </Empty>
            )}
          </section>
          <LagChart bronze={lag.bronze} alert={lag.alert} />
          <StateGuide />
        </>
      )}
    </Page>
  );
}

const SERIES: readonly Series[] = [
  { name: 'Bronze', color: 'var(--p4)', dashed: true },
  { name: 'Alert', color: 'var(--accent)' },
];

interface LagChartProps {
  readonly bronze: LagView | null;
  readonly alert: LagView | null;
}

function LagChart({ bronze, alert }: LagChartProps) {
  const points = mergeLag(bronze?.history ?? [], alert?.history ?? []);
  return (
    <Card
      title="Records behind"
      actions={points.length > 0 && <Legend series={SERIES} points={points} format={count} />}
    >
      <div className="card-body">
        <Chart
          label="Records behind"
          points={points}
          series={SERIES}
          kind="lines"
          height={180}
          format={count}
          empty={
            <Empty title="No sample yet">
              <p>Lag is sampled every few seconds while the stack is up.</p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}
