/** What a query is made of, and what it has in hand. */
import type { OffsetsEntry } from './checkpoint/format.ts';
import type { CheckpointLog } from './checkpoint/log.ts';
import type { QueryName, QueryProgress } from './events.ts';
import type { JobSettings } from './job-settings.ts';
import type { Lease } from './ownership/lease.ts';
import type { Witness } from './ownership/witness.ts';
import type { LossDesk } from './loss-desk.ts';
import type { Clock, Gap, Log, Offsets, Sink, Source } from './ports.ts';
import type { OpenBatch } from './resume.ts';
import type { RetryPolicy } from './retry.ts';
import type { Stopwatch } from './stopwatch.ts';

export interface QueryParts {
  readonly name: QueryName;
  readonly runId: string;
  readonly clusterId: string;
  readonly source: Source;
  readonly sink: Sink;
  readonly checkpoint: CheckpointLog;
  readonly lease: Pick<Lease, 'check' | 'checkLately'>;
  readonly witness: Witness;
  readonly losses: LossDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly retry: RetryPolicy;
  /** `available-now` ends by itself at what was the end of the topic when it began. */
  readonly runs: JobSettings['runs'];
  /** 0 = as soon as there is data. */
  readonly triggerMs: number;
  readonly maxOffsetsPerTrigger: number | null;
  readonly emit: (progress: QueryProgress) => void;
}

/** A batch that is planned or was found open; `entry` is what to promise, null when it is promised already. */
export interface PlannedBatch extends OpenBatch {
  readonly entry: OffsetsEntry | null;
  /** Lost parts of the range that are passed over. */
  readonly gaps: readonly Gap[];
  readonly latest: Offsets;
  readonly watch: Stopwatch;
}
