/**
 * The entry of a worker thread. One worker either runs one query, from `run` to the end of the thread, or answers
 * questions: they run side by side, and each gets exactly one `reply` or `refused`.
 */
import { parentPort } from 'node:worker_threads';
import { toErrorView } from './errors.ts';
import type { WorkerEvent } from './events.ts';
import { openInspector, type Question } from './inspector.ts';
import type { JobSettings, WorkerRequest } from './job-settings.ts';
import { runJob } from './jobs.ts';

const port = parentPort;
if (!port) throw new Error('src/pipeline/worker.ts is the entry of a worker thread');

const inspector = openInspector();
const stopping = new AbortController();
let running = false;

const emit = (event: WorkerEvent): void => port.postMessage(event);

port.on('message', (request: WorkerRequest) => {
  switch (request.type) {
    case 'run':
      return void run(request.job);
    case 'stop':
      return void stop();
    default:
      return void answer(request);
  }
});

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

async function run(job: JobSettings): Promise<void> {
  running = true;
  try {
    await runJob(job, emit, stopping.signal);
    port?.close();
  } catch (error) {
    fail(error);
  }
}

/** A query finishes its batch and ends by itself; without one the thread ends now. */
async function stop(): Promise<void> {
  stopping.abort();
  if (running) return;
  await inspector.close();
  port?.close();
}

async function answer(question: Question): Promise<void> {
  const { seq, type } = question;
  try {
    emit({ type: 'reply', seq, value: await inspector.answer(question) });
  } catch (error) {
    emit({ type: 'refused', seq, error: toErrorView(error, `Answering ${type}`) });
  }
}

/** The last word of the thread. */
function fail(error: unknown): void {
  emit({ type: 'failed', error: toErrorView(error, 'Running the query') });
  process.exit(1);
}
