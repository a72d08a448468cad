/**
 * The entry of a worker thread. One worker either runs one query, from `run` to the end of the thread, or answers
 * questions: they run side by side, and each gets exactly one `reply` or `refused`.
 */
import { parentPort } from 'node:worker_threads';
import { SluiceError, toErrorView } from './errors.ts';
import type { WorkerEvent } from './events.ts';
import { openInspector, type Question } from './inspector.ts';
import type { JobSettings, WorkerRequest } from './job-settings.ts';
import { runJob, type JobControls } from './jobs.ts';

const port = parentPort;
if (!port) throw new Error('src/pipeline/worker.ts is the entry of a worker thread');

const inspector = openInspector((level, message) =>
  emit({ type: 'log', line: { at: Date.now(), level, source: 'console', message } }),
);
const stopping = new AbortController();
let running = false;
let controls: JobControls | null = null;

const emit = (event: WorkerEvent): void => port.postMessage(event);

port.on('message', (request: WorkerRequest) => {
  switch (request.type) {
    case 'run':
      return void run(request.job);
    case 'stop':
      return void stop();
    case 'resume-alerts':
      return void control(request.seq, 'Resuming alerts', async (job) => job.resumeAlerts());
    case 'test-alert':
      return void control(request.seq, 'Sending a test message', (job) => job.testAlert());
    default:
      return void answer(request);
  }
});

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

async function run(job: JobSettings): Promise<void> {
  running = true;
  try {
    await runJob(job, emit, stopping.signal, (opened) => (controls = opened));
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

/** Asks the query that runs here to do something beside its batches. */
async function control(seq: number, tried: string, act: (job: JobControls) => Promise<void>): Promise<void> {
  try {
    if (!controls) throw notRunning(tried);
    await act(controls);
    emit({ type: 'reply', seq, value: null });
  } catch (error) {
    emit({ type: 'refused', seq, error: toErrorView(error, tried) });
  }
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

function notRunning(tried: string): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried,
    seen: 'Alert does not run',
    expected: 'a running Alert query, which alone writes to Slack',
    action: 'Start Alert, then try again.',
  });
}
