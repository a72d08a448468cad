import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Series } from '../components/chart-points.ts';
import { Chart, Legend } from '../components/chart.tsx';
import { Card } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';
import { longSpan } from '../format.ts';
import { usePart } from '../store.ts';
import { AVERAGE_MS, toRates } from './points.ts';

const SERIES: readonly Series[] = [
  { name: 'In', color: 'var(--p4)', dashed: true },
  { name: 'Read', color: 'var(--accent)' },
];

/** What comes into the topic against what a query reads, over the last minutes. */
export function RowsPerSecond() {
  const [query, setQuery] = useState<'bronze' | 'alert'>('bronze');
  const history = usePart('lag')?.[query]?.history ?? [];
  const points = toRates(history);
  return (
    <Card
      title="Rows/s"
      sub={`mean of ${longSpan(AVERAGE_MS)}`}
      actions={
        <>
          <Legend series={SERIES} points={points} />
          <SegmentedControl
            value={query}
            onChange={(value) => setQuery(value === 'alert' ? 'alert' : 'bronze')}
            data={[
              { value: 'bronze', label: 'Bronze' },
              { value: 'alert', label: 'Alert' },
            ]}
            aria-label="Query"
          />
        </>
      }
    >
      <div className="card-body">
        <Chart
          label={`Rows per second of ${query === 'bronze' ? 'Bronze' : 'Alert'}`}
          points={points}
          series={SERIES}
          kind="lines"
          height={148}
          empty={
            <Empty title="No sample yet">
              <p>Rates are measured once the topic can be read.</p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}
