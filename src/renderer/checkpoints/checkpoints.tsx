/** Both checkpoints as they are on disk, and the one dangerous act of this console: clearing one, with a preview. */
import { useState } from 'react';
import { Page } from '../components/page.tsx';
import { LoadingRows } from '../components/states.tsx';
import type { QueryName } from '../../pipeline/events.ts';
import { usePart } from '../store.ts';
import { CheckpointCard } from './checkpoint-card.tsx';
import { ClearSheet } from './clear-sheet.tsx';
import { TableCard } from './table-card.tsx';

export function Checkpoints() {
  const checkpoints = usePart('checkpoints');
  const queries = usePart('queries');
  const stackUp = usePart('console')?.stack === 'UP';
  const [clearing, setClearing] = useState<QueryName | null>(null);
  return (
    <Page title="Checkpoints" sub="Spark's own format, byte for byte">
      {!checkpoints || !queries ? (
        <section className="card">
          <LoadingRows rows={10} />
        </section>
      ) : (
        <>
          <div className="pair" style={{ alignItems: 'start' }}>
            {(['bronze', 'alert'] as const).map((name) => (
              <CheckpointCard
                key={name}
                query={queries[name]}
                checkpoint={checkpoints[name]}
                stackUp={stackUp}
                onClear={() => setClearing(name)}
              />
            ))}
          </div>
          <TableCard />
          {clearing && <ClearSheet query={queries[clearing]} onClose={() => setClearing(null)} />}
        </>
      )}
    </Page>
  );
}
