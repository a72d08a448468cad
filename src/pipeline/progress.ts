/** A finished batch, or a trigger that found nothing, in Spark's StreamingQueryProgress words. Pure. */
import type { BatchDurations, BatchExtras, QueryName, QueryProgress } from './events.ts';
import { nextOf, toOffsetMap } from './offsets.ts';
import type { BatchResult, OffsetRange, Offsets } from './ports.ts';

export interface FinishedBatch {
  readonly id: number;
  readonly timestamp: number;
  readonly range: OffsetRange;
  readonly latest: Offsets;
  readonly result: BatchResult;
  /** Offsets that were passed over. */
  readonly lost: number;
  readonly recovered: boolean;
  readonly durations: BatchDurations;
  /** ms since the batch before began, or null for the first of a run. */
  readonly sinceLast: number | null;
}

export interface IdleTrigger {
  /** The batch that comes next. */
  readonly id: number;
  readonly timestamp: number;
  readonly offsets: Offsets;
  readonly latest: Offsets;
  /** Where the target stands. */
  readonly standing: Pick<BatchExtras, 'deltaVersion'>;
  readonly durations: BatchDurations;
}

export interface QueryIdentity {
  readonly name: QueryName;
  readonly queryId: string;
  readonly runId: string;
  readonly source: string;
  readonly sink: string;
}

export function toProgress(query: QueryIdentity, batch: FinishedBatch): QueryProgress {
  const { result, lost, recovered, durations, sinceLast } = batch;
  const x = { recovered, ...(lost > 0 && { lost }), ...result.extras };
  const speed = {
    inputRowsPerSecond: perSecond(result.inputRows, sinceLast),
    processedRowsPerSecond: perSecond(result.inputRows, durations.triggerExecution),
  };
  return { ...describe(query, batch, result, x), ...speed };
}

export function toIdleProgress(query: QueryIdentity, trigger: IdleTrigger): QueryProgress {
  const range = { start: trigger.offsets, end: trigger.offsets };
  const x = { idle: true, recovered: false, deadLetters: 0, coercionNotes: 0, skips: 0, ...trigger.standing };
  const nothing = { inputRows: 0, outputRows: 0 };
  return { ...describe(query, { ...trigger, range }, nothing, x), inputRowsPerSecond: 0, processedRowsPerSecond: 0 };
}

type Told = Pick<FinishedBatch, 'id' | 'timestamp' | 'range' | 'latest' | 'durations'>;

function describe(
  query: QueryIdentity,
  { id, timestamp, range, latest, durations }: Told,
  { inputRows, outputRows }: Pick<BatchResult, 'inputRows' | 'outputRows'>,
  x: BatchExtras,
): Omit<QueryProgress, 'inputRowsPerSecond' | 'processedRowsPerSecond'> {
  const source = {
    description: query.source,
    startOffset: toOffsetMap(range.start),
    endOffset: toOffsetMap(range.end),
    latestOffset: toOffsetMap(latest),
    numInputRows: inputRows,
    metrics: behindLatest(range.end, latest),
  };
  return {
    id: query.queryId,
    runId: query.runId,
    name: query.name,
    timestamp: new Date(timestamp).toISOString(),
    batchId: id,
    batchDuration: durations.triggerExecution,
    numInputRows: inputRows,
    durationMs: durations,
    sources: [source],
    sink: { description: query.sink, numOutputRows: outputRows },
    x,
  };
}

/** KafkaMicroBatchStream.metrics: over the partitions of the topic, the average always with a point. */
function behindLatest(end: Offsets, latest: Offsets): QueryProgress['sources'][0]['metrics'] {
  const behind = [...latest].map(([partition, until]) => Number(until - nextOf(end, partition)));
  const average = behind.reduce((sum, each) => sum + each, 0) / Math.max(1, behind.length);
  return {
    minOffsetsBehindLatest: String(behind.length === 0 ? 0 : Math.min(...behind)),
    maxOffsetsBehindLatest: String(Math.max(0, ...behind)),
    avgOffsetsBehindLatest: Number.isInteger(average) ? average.toFixed(1) : String(average),
  };
}

function perSecond(rows: number, ms: number | null): number {
  return ms === null || ms <= 0 ? 0 : (rows * 1000) / ms;
}
