/** One life of the Alert query in a process of its own, which a failpoint may end. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { NODE, type Runtime } from './runtime.ts';

export interface Life {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** SIGKILL to exactly this process. */
  kill(): Promise<void>;
  /** SIGTERM: finishes its batch and its message. */
  stop(): Promise<void>;
}

export interface LifeOptions {
  readonly job: JobSettings;
  readonly runtime?: Runtime;
  /** `a6=kill@2`, or nothing. */
  readonly failpoints?: string;
  /** Where shots leave their marks. */
  readonly folder: string;
  readonly log: string;
}

export function begin(options: LifeOptions): Life {
  const runtime = options.runtime ?? NODE;
  const child = spawn(runtime.command, [runtime.hostFile], {
    env: {
      ...process.env,
      ...runtime.env,
      ...(options.failpoints
        ? { SLUICE_FAILPOINTS: options.failpoints, SLUICE_FAILPOINTS_DIR: path.join(options.folder, 'fired') }
        : {}),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.log, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify({ job: options.job, workerFile: runtime.workerFile }));
  const ended = once(child, 'exit').then(() => undefined);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return { pid: child.pid ?? 0, ended, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}
