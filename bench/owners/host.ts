/**
 * One console's query as a process of its own, for tests that let several of them fight for one checkpoint. It gets its
 * job by one message, starts at the moment that is named in it, and tells every event of the query.
 */
import os from 'node:os';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';
import { runJob } from '../../src/pipeline/jobs.ts';
import { toErrorView } from '../../src/pipeline/errors.ts';
import type { WorkerEvent } from '../../src/pipeline/events.ts';

/** To the process. `at` is ms since 1970. */
export interface Start {
  readonly job: Omit<JobSettings, 'owner'>;
  readonly runId: string;
  readonly at: number;
}

/** From the process: `ready` once it can start, `began` with the very moment, then what the query tells. */
export type Told = WorkerEvent | { readonly type: 'ready' } | { readonly type: 'began'; readonly at: number };

const stopping = new AbortController();
const tell = (told: Told): void => void process.send?.(told);

process.on('SIGTERM', () => stopping.abort());
process.on('message', (start: Start) => void run(start));
tell({ type: 'ready' });

async function run({ job, runId, at }: Start): Promise<void> {
  const owner = { runId, host: os.hostname(), pid: process.pid };
  while (Date.now() < at);
  tell({ type: 'began', at: performance.timeOrigin + performance.now() });
  try {
    await runJob({ ...job, owner }, tell, stopping.signal);
  } catch (error) {
    tell({ type: 'failed', error: toErrorView(error) });
  }
  process.disconnect();
}
