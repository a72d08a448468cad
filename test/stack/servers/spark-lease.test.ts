/** The lease of the programs in spark/ on a real S3 server, against Sluice's own and against each other. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/pipeline/clock.ts';
import { readLease, takeLease, type Lease } from '../../../src/pipeline/ownership/lease.ts';
import { openStore, type OpenStore } from '../../../src/pipeline/store/open.ts';
import { leasePython } from '../../support/spark.ts';
import { startLake, type Lake } from './lake.ts';
import { notRun } from './not-run.ts';
import { S3_KEYS, s3Obstacle } from './s3.ts';

const OWNER = { runId: 'sluice', host: 'laptop', pid: process.pid };
const TIMES = { expiryMs: 60_000, renewalMs: 10_000 };

describe.skipIf(notRun('minio', s3Obstacle('minio')))("the lease of Spark's programs on S3", () => {
  let lake: Lake;
  let python: string;
  const stores: OpenStore[] = [];

  beforeAll(async () => {
    [lake, python] = await Promise.all([startLake('minio'), leasePython()]);
  });

  afterAll(async () => {
    for (const store of stores) store.close();
    await lake?.server.stop();
  });

  async function storeAt(prefix: string): Promise<OpenStore> {
    const { endpoint } = lake.server;
    const how = { region: 'us-east-1', forcePathStyle: true, credentials: { ...S3_KEYS, sessionToken: null } };
    const store = await openStore({ kind: 's3', bucket: 'lakehouse', prefix, endpoint, ...how }, () => undefined);
    stores.push(store);
    return store;
  }

  const take = (store: OpenStore): Promise<Lease> =>
    takeLease({ store, owner: OWNER, clock: systemClock, replaceOwn: false, times: TIMES });

  /** A process that takes the lease, says so, and gives it back when its input ends. */
  function hold(prefix: string) {
    const script = path.join(import.meta.dirname, 'hold-lease.py');
    const child = spawn(python, [script, lake.at(prefix)], {
      env: { ...process.env, ...lake.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
    const said = new Promise<string>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('\n')) resolve(output);
      });
      void gone.then(() => resolve(output));
    });
    const release = (): Promise<number | null> => {
      child.stdin.end();
      return gone;
    };
    return { said, release, gone, kill: () => child.kill('SIGKILL') };
  }

  it('keeps Sluice out while it is held, and lets it in at once when it is given back', async () => {
    const store = await storeAt('one');
    const spark = hold('one');
    expect(await spark.said).toBe('HELD 1\n');
    expect(await readLease(store, systemClock)).toMatchObject({ epoch: 1, engine: 'spark' });
    await expect(take(store)).rejects.toMatchObject({
      code: 'FENCED',
      seen: expect.stringMatching(/^it belongs to Spark, process \d+/) as string,
      action: expect.stringContaining('Stop its program') as string,
    });
    expect(await spark.release()).toBe(0);
    const mine = await take(store);
    expect([mine.epoch, mine.predecessor]).toEqual([2, 'released']);
    expect((await store.list('_sluice/epochs/')).map(({ key }) => key)).toEqual(['_sluice/epochs/2']);
  });

  it('is refused while Sluice holds it, and taken after that', async () => {
    const store = await storeAt('two');
    const mine = await take(store);
    const refused = hold('two');
    expect(await refused.said).toMatch(/^OWNED_BY_OTHER.*run sluice, process \d+ on laptop/);
    expect(await refused.gone).toBe(4);
    await mine.release();
    const spark = hold('two');
    expect(await spark.said).toBe('HELD 2\n');
    expect(await mine.isMine()).toBe(false);
    await spark.release();
  });

  it('is had by one of several that begin together', async () => {
    const store = await storeAt('three');
    const all = Array.from({ length: 4 }, () => hold('three'));
    const said = await Promise.all(all.map((each) => each.said));
    expect(said.filter((line) => line === 'HELD 1\n')).toHaveLength(1);
    expect(said.filter((line) => line.startsWith('OWNED_BY_OTHER'))).toHaveLength(3);
    await Promise.all(all.map((each) => each.release()));
    expect((await take(store)).epoch).toBe(2);
  });
});
