/** The host's side of the thread: requests with replies, and an end that is always told. */
import { Worker } from 'node:worker_threads';
import { fromErrorView, SluiceError } from '../../pipeline/errors.ts';
import type { StackReply, StackRequest } from './protocol.ts';

/** `Omit` for each member of the union by itself. */
type WithoutSeq<T> = T extends unknown ? Omit<T, 'seq'> : never;

export interface StackThread {
  /** Rejects with the thread's own error, or `WORKER_DIED` when it ends before it answers. */
  ask<T>(request: WithoutSeq<StackRequest>): Promise<T>;
  /** Resolves with null after an end that was asked for, else with the reason. */
  readonly ended: Promise<SluiceError | null>;
  /** Ends the thread by force. */
  terminate(): Promise<void>;
}

export interface ThreadListener {
  onMessage(message: Extract<StackReply, { type: 'status' | 'producer' | 'log' }>): void;
  /** What the thread wrote to stdout or stderr by itself. */
  onText(text: string): void;
}

interface Question {
  readonly resolve: (value: never) => void;
  readonly reject: (error: SluiceError) => void;
}

/** Environment names that the thread may see; no secret of ours is among them. */
const ALLOWED_ENV = ['SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

export function openStackThread(file: string, listener: ThreadListener): StackThread {
  const env = Object.fromEntries(ALLOWED_ENV.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  const worker = new Worker(file, { env, stdout: true, stderr: true });
  const open = new Map<number, Question>();
  let seq = 0;
  let stopping = false;
  let thrown: Error | null = null;
  worker.on('error', (error: Error) => (thrown = error));
  worker.on('message', (message: StackReply) => {
    if (message.type !== 'reply' && message.type !== 'refused') return listener.onMessage(message);
    const question = open.get(message.seq);
    open.delete(message.seq);
    if (message.type === 'reply') question?.resolve(message.value as never);
    else question?.reject(fromErrorView(message.error));
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on('data', (data: Buffer) => listener.onText(String(data).trimEnd()));
  }
  const ended = new Promise<SluiceError | null>((resolve) => {
    worker.once('exit', (code) => {
      const error = threadDied(thrown, code);
      for (const question of open.values()) question.reject(error);
      open.clear();
      resolve(stopping ? null : error);
    });
  });
  return {
    ended,
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (request.type === 'stop') stopping = true;
        seq += 1;
        open.set(seq, { resolve, reject });
        worker.postMessage({ ...request, seq });
      }),
    terminate: async () => {
      stopping = true;
      await worker.terminate();
    },
  };
}

function threadDied(cause: Error | null, code: number): SluiceError {
  return new SluiceError('WORKER_DIED', {
    tried: 'Running the services of the stack',
    seen: cause ? `their thread died: ${cause.message}` : `their thread ended with code ${code}`,
    expected: 'a thread that runs until it is stopped',
    action: 'Sluice starts it again by itself; nothing is lost. Look at the log if it happens again.',
    retryable: true,
    cause,
  });
}
