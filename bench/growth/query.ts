/** The whole Bronze query on a topic in memory and a real folder: upkeep, checkpoint and purge included. */
import path from 'node:path';
import { openBronzeSink } from '../../src/pipeline/bronze/sink.ts';
import { openCheckpointLog } from '../../src/pipeline/checkpoint/log.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import type { QueryProgress } from '../../src/pipeline/events.ts';
import { openWitness } from '../../src/pipeline/ownership/witness.ts';
import { openQuarantine } from '../../src/pipeline/quarantine/store.ts';
import { openLossDesk } from '../../src/pipeline/loss-desk.ts';
import { runQuery } from '../../src/pipeline/query.ts';
import { resume } from '../../src/pipeline/resume.ts';
import { QUERY_RETRY } from '../../src/pipeline/retry.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import type { Source } from '../../src/pipeline/ports.ts';

export interface Told {
  readonly progress: QueryProgress;
  /** ms from the last batch's end to this one's, waiting for data left out. */
  readonly wallMs: number;
}

/** Runs until `batches` batches are done. `feed` appends the records of the next batch. */
export async function runBatches(
  root: string,
  source: Source,
  batches: number,
  feed: (batch: number) => void,
  onBatch: (told: Told) => void,
): Promise<void> {
  const checkpoint = openLocalStore(path.join(root, 'checkpoint'));
  const log = (): void => undefined;
  const checkOwner = async (): Promise<void> => undefined;
  const sink = openBronzeSink({
    store: openLocalStore(path.join(root, 'table')),
    path: path.join(root, 'table'),
    quarantine: openQuarantine(openLocalStore(path.join(root, 'quarantine'))),
    clock: systemClock,
    log,
    checkOwner,
  });
  const checkpointLog = openCheckpointLog(checkpoint, async () => undefined);
  const stop = new AbortController();
  let done = 0;
  let last = performance.now();
  feed(0);
  const position = await resume({ checkpoint: checkpointLog, source, sink, log, startingOffsets: 'earliest' });
  await runQuery(
    {
      name: 'bronze',
      runId: 'growth',
      clusterId: await source.clusterId(),
      source,
      sink,
      checkpoint: checkpointLog,
      lease: { check: async () => undefined, checkLately: async () => undefined },
      witness: openWitness(checkpoint, { clusterId: await source.clusterId(), topic: source.topic }, null),
      losses: openLossDesk({ store: checkpoint, failOnDataLoss: true, clock: systemClock, log, checkOwner }),
      clock: systemClock,
      log,
      retry: QUERY_RETRY,
      runs: 'until-stopped',
      triggerMs: 0,
      maxOffsetsPerTrigger: null,
      emit: (progress) => {
        if (progress.x.idle) return;
        const now = performance.now();
        onBatch({ progress, wallMs: now - last });
        done += 1;
        if (done >= batches) stop.abort();
        else feed(done);
        last = performance.now();
      },
    },
    position,
    stop.signal,
  );
  await sink.close();
}
