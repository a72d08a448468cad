/** A whole Bronze query on a memory topic and a real folder, run batch by batch. */
import path from 'node:path';
import { openBronzeSink } from '../../../src/pipeline/bronze/sink.ts';
import { openCheckpointLog } from '../../../src/pipeline/checkpoint/log.ts';
import { systemClock } from '../../../src/pipeline/clock.ts';
import type { QueryProgress } from '../../../src/pipeline/events.ts';
import { openLossDesk } from '../../../src/pipeline/loss-desk.ts';
import { openWitness } from '../../../src/pipeline/ownership/witness.ts';
import type { Clock, ObjectStore, Sink } from '../../../src/pipeline/ports.ts';
import { openQuarantine } from '../../../src/pipeline/quarantine/store.ts';
import type { QueryParts } from '../../../src/pipeline/query-parts.ts';
import { runQuery } from '../../../src/pipeline/query.ts';
import { resume } from '../../../src/pipeline/resume.ts';
import { nodeFiles, type Files } from '../../../src/pipeline/store/files.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { memorySource, type MemorySource } from './memory-source.ts';

export interface Bench {
  readonly root: string;
  readonly source: MemorySource;
  readonly checkpoint: ObjectStore;
  readonly table: ObjectStore;
  readonly logs: string[];
  readonly progress: QueryProgress[];
  /** Starts the query from what is on disk, runs until `batches` batches are done or nothing is new, and stops it. */
  run(batches: number | 'all', changes?: BenchChanges): Promise<void>;
}

export interface BenchChanges {
  readonly sink?: (sink: Sink) => Sink;
  readonly checkpoint?: (store: ObjectStore) => ObjectStore;
  readonly table?: (store: ObjectStore) => ObjectStore;
  readonly parts?: Partial<QueryParts>;
  readonly clock?: Clock;
  readonly failOnDataLoss?: boolean;
}

const IMPATIENT = { tries: 5, totalMs: 5_000, baseMs: 1, maxWaitMs: 2 };

/** A wait of this length or longer is the wait for new records; shorter ones are between tries. */
const IDLE_MS = 100;

export function openBench(root: string, source: MemorySource = memorySource(), files: Files = nodeFiles): Bench {
  const checkpoint = openLocalStore(path.join(root, 'checkpoint'), files);
  const table = openLocalStore(path.join(root, 'table'), files);
  const logs: string[] = [];
  const progress: QueryProgress[] = [];

  async function run(batches: number | 'all', changes: BenchChanges = {}): Promise<void> {
    const stop = new AbortController();
    const clock = batches === 'all' ? stopWhenIdle(stop) : (changes.clock ?? systemClock);
    const log = (_level: string, message: string): void => void logs.push(message);
    const quarantine = openQuarantine(openLocalStore(path.join(root, 'quarantine'), files));
    const own = openBronzeSink({
      store: changes.table?.(table) ?? table,
      path: path.join(root, 'table'),
      quarantine,
      clock,
      log,
      checkOwner: async () => changes.parts?.lease?.check(),
    });
    const sink = changes.sink?.(own) ?? own;
    const store = changes.checkpoint?.(checkpoint) ?? checkpoint;
    let left = batches === 'all' ? Infinity : batches;
    const parts: QueryParts = {
      name: 'bronze',
      runId: 'run-1',
      clusterId: await source.clusterId(),
      source,
      sink,
      checkpoint: openCheckpointLog(store, () => parts.lease.checkLately()),
      lease: { check: async () => undefined, checkLately: async () => undefined },
      witness: openWitness(checkpoint, { clusterId: source.cluster, topic: source.topic }, null),
      losses: openLossDesk({
        store,
        failOnDataLoss: changes.failOnDataLoss ?? true,
        clock,
        log,
        checkOwner: async () => undefined,
      }),
      clock,
      log,
      retry: IMPATIENT,
      runs: 'until-stopped',
      triggerMs: 0,
      maxOffsetsPerTrigger: null,
      emit: (each) => {
        if (each.x.idle) return;
        progress.push(each);
        left -= 1;
        if (left <= 0) stop.abort();
      },
      ...changes.parts,
    };
    const position = await resume({
      checkpoint: openCheckpointLog(store),
      source,
      sink,
      log,
      startingOffsets: 'earliest',
    });
    if (batches === 0) stop.abort();
    await runQuery(parts, position, stop.signal);
  }

  return { root, source, checkpoint, table, logs, progress, run };
}

function stopWhenIdle(stop: AbortController): Clock {
  return {
    now: () => Date.now(),
    sleep: async (ms) => {
      if (ms >= IDLE_MS) stop.abort();
    },
  };
}
