/** The two queries: what they do now, what can be done with them, and every batch with where its time went. */
import { SegmentedControl } from '@mantine/core';
import { useEffect } from 'react';
import type { QueryView } from '../../console/contract.ts';
import type { QueryName } from '../../pipeline/events.ts';
import { isTyping } from '../keys.ts';
import { Card, Page } from '../components/page.tsx';
import { BothActions, TITLES } from '../components/query-actions.tsx';
import { Empty, LoadingRows } from '../components/states.tsx';
import { isFailed } from '../components/status.tsx';
import { toast } from '../components/toast.ts';
import { useCommand } from '../components/use-command.ts';
import { plural } from '../format.ts';
import { replaceRoute, useRoute } from '../route.ts';
import { usePart } from '../store.ts';
import { BatchTable } from './batch-table.tsx';
import { PhaseLegend } from './phase-bar.tsx';
import { QueryCard } from './query-card.tsx';

export function Queries() {
  const queries = usePart('queries');
  const stackUp = usePart('console')?.stack === 'UP';
  const { rest } = useRoute();
  const shown: QueryName = rest[0] === 'alert' ? 'alert' : 'bronze';
  useRestartKey(shown, queries?.[shown].runner?.refusal ?? null);
  if (!queries) {
    return (
      <Page title="Queries">
        <section className="card">
          <LoadingRows rows={10} />
        </section>
      </Page>
    );
  }
  const query = queries[shown];
  const failed = isFailed(queries.bronze) || isFailed(queries.alert);
  return (
    <Page
      fixed
      title="Queries"
      sub="Each micro-batch is exactly once in the table"
      actions={<BothActions queries={[queries.bronze, queries.alert]} stackUp={stackUp} />}
    >
      <div className={failed ? 'col gap-3' : 'pair'}>
        <QueryCard query={queries.bronze} stackUp={stackUp} compact={failed} />
        <QueryCard query={queries.alert} stackUp={stackUp} compact={failed} />
      </div>
      <Card
        className="fill"
        title={
          <SegmentedControl
            value={shown}
            onChange={(name) => replaceRoute('queries', name)}
            data={[
              { value: 'bronze', label: 'Bronze' },
              { value: 'alert', label: 'Alert' },
            ]}
            aria-label="Query whose batches are shown"
          />
        }
        sub={`${plural(query.totals.batches, 'batch', 'batches')}, the newest ${query.batches.length} below`}
        actions={<PhaseLegend />}
      >
        {query.batches.length === 0 ? (
          <NoBatch query={query} />
        ) : (
          <BatchTable
            query={query}
            chosen={rest[1] ?? null}
            onChoose={(batchId) =>
              batchId === null ? replaceRoute('queries', shown) : replaceRoute('queries', shown, batchId)
            }
          />
        )}
      </Card>
    </Page>
  );
}

function NoBatch({ query: { name, runner } }: { readonly query: QueryView }) {
  const title = TITLES[name];
  if (runner?.engine === 'spark') {
    return (
      <Empty title={`Spark runs the batches of ${title}`}>
        <p>Their times are on Spark's own page. What they left behind is on Checkpoints and Lag, as always.</p>
      </Empty>
    );
  }
  return (
    <Empty title={`${title} has not finished a batch yet`}>
      <p>
        A batch appears here with its offsets and times once it is committed. It needs a running query and new records.
      </p>
    </Empty>
  );
}

/** Ctrl+R restarts the query that is shown; the window itself is never reloaded by a key. */
function useRestartKey(query: QueryName, refusal: string | null): void {
  const [, run] = useCommand();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'r' || !(event.ctrlKey || event.metaKey) || isTyping(event.target)) return;
      event.preventDefault();
      if (refusal !== null) return toast(refusal);
      void run('query.restart', { query }, `${TITLES[query]} restarts after this batch.`);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [query, refusal, run]);
}
