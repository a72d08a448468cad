/** Real S3 servers on 127.0.0.1, about a second each once they are built: start one per file, in `beforeAll`. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { goBinary, goObstacle, prepareGo, type GoProgram } from './go-program.ts';
import { freePort, startProgram, type ProgramOptions } from './program.ts';

export const S3_KEYS = { accessKeyId: 'sluice-test', secretAccessKey: 'sluice-test-secret' };

export type S3Kind = 'minio' | 'versitygw';

export interface S3Server {
  readonly endpoint: string;
  readonly port: number;
  readonly pid: () => number;
  /** Ends the server; its data stay. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Both are independent implementations, and both honour conditional writes. */
const PROGRAMS: Record<S3Kind, GoProgram> = {
  minio: { name: 'minio', module: 'github.com/minio/minio', version: 'v0.0.0-20260212201848-7aac2a2c5b7c' },
  versitygw: { name: 'versitygw', module: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' },
};

/** Why this server cannot run here, or null. */
export const s3Obstacle = (kind: S3Kind): string | null => goObstacle(PROGRAMS[kind]);

export const s3Binary = (kind: S3Kind): string => goBinary(PROGRAMS[kind]);

export const prepareS3 = (kind: S3Kind): Promise<void> => prepareGo(PROGRAMS[kind]);

export async function startS3(kind: S3Kind = 'minio'): Promise<S3Server> {
  const command = goBinary(PROGRAMS[kind]);
  const folder = await mkdtemp(path.join(os.tmpdir(), `sluice-${kind}-`));
  const port = await freePort();
  const how = { ...(await COMMANDS[kind](folder, port)), command, log: path.join(folder, `${kind}.log`) };
  let program = await startProgram(how);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    pid: () => program.pid,
    end: (signal) => program.end(signal),
    start: async () => {
      program = await startProgram(how);
    },
    stop: async () => {
      await program.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Command = Pick<ProgramOptions, 'args' | 'env' | 'isReady'>;

const COMMANDS: Record<S3Kind, (folder: string, port: number) => Promise<Command>> = {
  minio: async (folder, port) => ({
    args: [
      'server',
      '--address',
      `127.0.0.1:${port}`,
      '--console-address',
      `127.0.0.1:${await freePort()}`,
      `${folder}/data`,
    ],
    env: {
      MINIO_ROOT_USER: S3_KEYS.accessKeyId,
      MINIO_ROOT_PASSWORD: S3_KEYS.secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_CALLHOME_ENABLE: 'off',
    },
    isReady: () => answers(`http://127.0.0.1:${port}/minio/health/ready`, 200),
  }),
  versitygw: async (folder, port) => {
    await mkdir(`${folder}/data`);
    await mkdir(`${folder}/meta`);
    return {
      args: [
        '--port',
        `127.0.0.1:${port}`,
        '--health',
        '/health',
        'posix',
        '--sidecar',
        `${folder}/meta`,
        `${folder}/data`,
      ],
      env: { ROOT_ACCESS_KEY: S3_KEYS.accessKeyId, ROOT_SECRET_KEY: S3_KEYS.secretAccessKey },
      isReady: () => answers(`http://127.0.0.1:${port}/health`, 200),
    };
  },
};

async function answers(url: string, status: number): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status === status;
}
