/** One worker thread of the engine: typed messages both ways, and an end that is always told, once. */
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../pipeline/errors.ts';
import { TEST_ENV } from '../pipeline/failpoints.ts';
import type { WorkerEvent } from '../pipeline/events.ts';
import type { WorkerRequest } from '../pipeline/job-settings.ts';

export interface ThreadHandlers {
  readonly onEvent: (event: WorkerEvent) => void;
  /** Text that the thread wrote to stdout or stderr by itself; it must not mix with ours. */
  readonly onText: (text: string) => void;
  /** Called exactly once. `error` is what the thread threw, null when it ended or was ended without one. */
  readonly onEnd: (error: Error | null, exitCode: number) => void;
}

export interface Thread {
  post(request: WorkerRequest): void;
  /** Ends the thread by force; `onEnd` follows. */
  terminate(): void;
}

/** Where an account for S3 may come from when no key was set: files, roles, containers. */
const ACCOUNT_ENV = [
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
];
/** Names that a thread may see of our environment: what the system itself needs, and no secret. */
const ALLOWED_ENV = ['SystemRoot', 'TEMP', 'TMP', 'TMPDIR', ...ACCOUNT_ENV, ...TEST_ENV];
/** The young generation, left alone, grows to 150 MB while a topic is caught up, and not one row a second is won by it. */
export const THREAD_LIMITS = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 24 } as const;

export function openThread(file: string, handlers: ThreadHandlers): Thread {
  const worker = new Worker(file, {
    env: Object.fromEntries(
      ALLOWED_ENV.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    stdout: true,
    stderr: true,
    resourceLimits: THREAD_LIMITS,
  });
  let thrown: Error | null = null;
  worker.on('message', handlers.onEvent);
  worker.on('error', (error: Error) => (thrown = error));
  worker.on('messageerror', (error) => (thrown = error));
  worker.once('exit', (code) => handlers.onEnd(thrown, code));
  for (const stream of [worker.stdout, worker.stderr])
    stream.on('data', (data: Buffer) => handlers.onText(String(data).trimEnd()));
  return { post: (request) => worker.postMessage(request), terminate: () => void worker.terminate() };
}

/** The error for a thread that ended although nobody asked it to. */
export function threadDied(what: string, error: Error | null, exitCode: number): SluiceError {
  return new SluiceError('WORKER_DIED', {
    tried: what,
    seen: error === null ? `its thread ended with code ${exitCode}` : `its thread died: ${error.message}`,
    expected: 'a thread that runs until it is stopped',
    action:
      'Nothing is lost: the next start goes on after the last committed batch. Look at the log if it happens again.',
    retryable: true,
    cause: error,
  });
}
