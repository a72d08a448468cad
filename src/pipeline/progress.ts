/** One finished batch in Spark's StreamingQueryProgress words. Pure. */
import type { BatchDurations, BatchExtras, QueryName, QueryProgress } from './events.ts';
import { toOffsetMap } from './offsets.ts';
import type { BatchResult, OffsetRange, Offsets } from './ports.ts';

export interface FinishedBatch {
  readonly id: number;
  readonly timestamp: number;
  readonly range: OffsetRange;
  readonly latest: Offsets;
  readonly result: BatchResult;
  readonly recovered: boolean;
  readonly durations: BatchDurations;
  /** ms since the batch before began, or null for the first of a run. */
  readonly sinceLast: number | null;
}

export interface QueryIdentity {
  readonly name: QueryName;
  readonly queryId: string;
  readonly runId: string;
  readonly source: string;
  readonly sink: string;
}

export function toProgress(query: QueryIdentity, batch: FinishedBatch): QueryProgress {
  const { inputRows, outputRows } = batch.result;
  const x: BatchExtras = { recovered: batch.recovered, ...batch.result.extras };
  return {
    id: query.queryId,
    runId: query.runId,
    name: query.name,
    timestamp: new Date(batch.timestamp).toISOString(),
    batchId: batch.id,
    batchDuration: batch.durations.triggerExecution,
    numInputRows: inputRows,
    inputRowsPerSecond: perSecond(inputRows, batch.sinceLast),
    processedRowsPerSecond: perSecond(inputRows, batch.durations.triggerExecution),
    durationMs: batch.durations,
    sources: [
      {
        description: query.source,
        startOffset: toOffsetMap(batch.range.start),
        endOffset: toOffsetMap(batch.range.end),
        latestOffset: toOffsetMap(batch.latest),
        numInputRows: inputRows,
      },
    ],
    sink: { description: query.sink, numOutputRows: outputRows },
    x,
  };
}

function perSecond(rows: number, ms: number | null): number {
  return ms === null || ms <= 0 ? 0 : (rows * 1000) / ms;
}
