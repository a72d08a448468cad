import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../../../src/pipeline/ports.ts';
import { ensureBucket, openS3Store, type S3Store } from '../../../src/pipeline/store/s3.ts';
import { S3_LIMITS, type S3Limits, type S3Settings } from '../../../src/pipeline/store/s3-settings.ts';
import { notRun } from './not-run.ts';
import { startProxy, type Proxy } from '../../support/proxy.ts';
import { S3_KEYS, s3Obstacle, startS3, type S3Kind, type S3Server } from './s3.ts';

const BUCKET = 'lake';
/** Deadlines that a test can wait for. */
const QUICK: S3Limits = {
  connectMs: 1_000,
  attemptMs: 1_000,
  bytesPerSecond: 1024 * 1024,
  pageSize: 7,
  retry: { tries: 3, totalMs: 5_000, baseMs: 50, maxWaitMs: 200 },
};
const ONCE: S3Limits = { ...QUICK, retry: { ...QUICK.retry, tries: 1 } };

describe.each<S3Kind>(['minio', 'versitygw'])('a real S3 server', (kind) => {
  describe.skipIf(notRun(kind, s3Obstacle(kind)))(kind, () => {
    let server: S3Server;
    let proxy: Proxy;
    const open: S3Store[] = [];
    let folders = 0;

    beforeAll(async () => {
      server = await startS3(kind);
      const client = rawClient(server.endpoint);
      await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
      client.destroy();
    });

    beforeEach(async () => {
      proxy = await startProxy(server.port);
    });

    afterEach(async () => {
      for (const store of open.splice(0)) store.close();
      await proxy.close();
    });

    afterAll(() => server?.stop());

    const openAt = (endpoint: string, limits: S3Limits, more: Partial<S3Settings> = {}, log = silent): S3Store => {
      const where = { kind: 's3', bucket: BUCKET, prefix: `test-${++folders}`, endpoint } as const;
      const how = { region: 'us-east-1', forcePathStyle: true, credentials: { ...S3_KEYS, sessionToken: null } };
      const store = openS3Store({ ...where, ...how, ...more }, log, limits);
      open.push(store);
      return store;
    };
    const direct = (more: Partial<S3Settings> = {}): S3Store => openAt(server.endpoint, S3_LIMITS, more);
    const proxied = (limits: S3Limits = QUICK, more: Partial<S3Settings> = {}, log = silent): S3Store =>
      openAt(`http://127.0.0.1:${proxy.port}`, limits, more, log);

    it('gets a bucket once', async () => {
      const settings: S3Settings = {
        kind: 's3',
        bucket: 'made-by-setup',
        prefix: '',
        endpoint: server.endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { ...S3_KEYS, sessionToken: null },
      };
      expect(await ensureBucket(settings, silent)).toBe('created');
      expect(await ensureBucket(settings, silent)).toBe('found');
      await direct({ bucket: 'made-by-setup' }).put('key', Buffer.from('value'));
      const stranger = { ...settings, credentials: { ...S3_KEYS, secretAccessKey: 'wrong', sessionToken: null } };
      await expect(ensureBucket(stranger, silent)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    it('honours conditional writes', async () => {
      const store = direct();
      await store.probeConditionalPut();
      expect(await store.list('')).toEqual([]);
    });

    it('keeps objects as they are, and says when there is none', async () => {
      const store = direct();
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      expect(await store.get('a/b')).toBeNull();
      await store.put('a/b', bytes);
      expect(await store.get('a/b')).toEqual(bytes);
      await store.put('a/b', Buffer.from('other'));
      expect(String(await store.get('a/b'))).toBe('other');
      await store.delete('a/b');
      await store.delete('a/b');
      expect(await store.get('a/b')).toBeNull();
    });

    it('creates once', async () => {
      const store = direct();
      expect(await store.putIfAbsent('0', Buffer.from('first'))).toBe('created');
      expect(await store.putIfAbsent('0', Buffer.from('second'))).toBe('exists');
      expect(await store.putIfAbsent('0', Buffer.from('first'))).toBe('exists');
      expect(String(await store.get('0'))).toBe('first');
    });

    it('lets exactly one of 20 racing writers win, also when all write the same', async () => {
      const stores = Array.from({ length: 20 }, () => direct({ prefix: 'race' }));
      for (const round of ['1', '2', '3']) {
        const bodies = stores.map((_, writer) => Buffer.from(round === '3' ? 'same' : `writer ${writer}`));
        const answers = await Promise.all(
          stores.map((store, index) => store.putIfAbsent(round, bodies[index] ?? Buffer.alloc(0))),
        );
        expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
        expect(await stores[0]?.get(round)).toEqual(bodies[answers.indexOf('created')]);
      }
    });

    it('replaces only what is still as it was read', async () => {
      const store = direct();
      await store.put('lease', Buffer.from('1'));
      const first = await store.getTagged('lease');
      const second = await store.replaceIf('lease', Buffer.from('2'), first?.tag ?? '');
      expect(second).not.toBeNull();
      expect(await store.replaceIf('lease', Buffer.from('stale'), first?.tag ?? '')).toBeNull();
      expect(await store.replaceIf('lease', Buffer.from('3'), second ?? '')).not.toBeNull();
      expect(String(await store.get('lease'))).toBe('3');
      await store.delete('lease');
      expect(await store.replaceIf('lease', Buffer.from('4'), second ?? '')).toBeNull();
      expect(await store.get('lease')).toBeNull();
    });

    it('lists more objects than fit into one answer, in the order of their keys', async () => {
      const store = proxied();
      const keys = Array.from({ length: 30 }, (_, index) => `offsets/${index}`);
      await Promise.all(keys.map((key) => store.put(key, Buffer.from(key))));
      await store.put('offset', Buffer.alloc(0));
      const found = await store.list('offsets/');
      expect(found.map(({ key }) => key)).toEqual([...keys].sort());
      expect(found[0]).toMatchObject({ size: 9 });
      expect(Date.now() - (found[0]?.modifiedAt ?? 0)).toBeLessThan(300_000);
      expect(await store.list('offset')).toHaveLength(31);
    });

    it('lists what stands behind a key, over several answers', async () => {
      const store = proxied();
      const keys = Array.from({ length: 30 }, (_, n) => `_delta_log/${String(n).padStart(20, '0')}.json`);
      for (const key of [...keys, 'year=2019/part.parquet']) await store.put(key, Buffer.from('x'));
      const behind = async (after: string) => (await store.list('_delta_log/', after)).map(({ key }) => key);
      expect(await behind(`_delta_log/${'7'.padStart(20, '0')}`)).toEqual(keys.slice(7));
      expect(await behind(keys[7] ?? '')).toEqual(keys.slice(8));
      expect(await behind(keys[29] ?? '')).toEqual([]);
    });

    it('takes keys as Delta writes them', async () => {
      const store = direct();
      const key = 'event_date=2026-01-31/k=a%20b%3A/part-é+1.parquet';
      await store.put(key, Buffer.from('x'));
      expect((await store.list('event_date=')).map((each) => each.key)).toEqual([key]);
      expect(String(await store.get(key))).toBe('x');
    });

    it('leaves out the empty objects that stand for folders', async () => {
      const store = direct({ prefix: 'marked' });
      const client = rawClient(server.endpoint);
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'marked/offsets/', Body: Buffer.alloc(0) }));
      client.destroy();
      await store.put('offsets/0', Buffer.from('0'));
      expect((await store.list('')).map(({ key }) => key)).toEqual(['offsets/0']);
    });

    it('knows its own write again when the answer was lost', async () => {
      const store = proxied(QUICK, {}, () => void proxy.heal());
      proxy.add({ type: 'timeout', timeout: 0 });
      expect(await store.putIfAbsent('0', Buffer.from('mine'))).toBe('created');
      expect(await store.putIfAbsent('0', Buffer.from('mine'))).toBe('exists');
    });

    it('knows its own replacement again when the answer was lost', async () => {
      const store = proxied(QUICK, {}, () => void proxy.heal());
      await store.put('lease', Buffer.from('1'));
      const { tag = '' } = (await store.getTagged('lease')) ?? {};
      proxy.add({ type: 'timeout', timeout: 0 });
      const next = await store.replaceIf('lease', Buffer.from('2'), tag);
      expect(next).toBe((await store.getTagged('lease'))?.tag);
    });

    it.each(['get', 'list', 'put', 'putIfAbsent', 'delete'] as const)(
      'gives %s up in time when a server takes everything and answers nothing',
      async (verb) => {
        const store = proxied(ONCE);
        await store.put('key', Buffer.from('x'));
        proxy.add({ type: 'blackhole' }, 'both');
        const began = Date.now();
        const asked = verb === 'list' ? store.list('key') : store[verb]('key', Buffer.from('y'));
        await expect(asked).rejects.toMatchObject(AWAY);
        expect(Date.now() - began).toBeLessThan(5_000);
        await proxy.heal();
        // A request that waited in the network may still arrive: only that the server answers is certain.
        expect(await store.list('')).toBeInstanceOf(Array);
      },
    );

    it('waits once for connections that have vanished without a word, not once for each', async () => {
      const log: string[] = [];
      const patient = { ...QUICK, retry: { ...QUICK.retry, tries: 10, totalMs: 60_000 } };
      const stores = [1, 2].map(() => proxied(patient, {}, (_level, message) => void log.push(message)));
      await Promise.all(
        stores.flatMap((store) => Array.from({ length: 6 }, (_, each) => store.put(`${each}`, Buffer.from('x')))),
      );
      proxy.halfOpen();
      for (const store of stores) expect(await store.get('1')).not.toBeNull();
      // A server that closes each connection behind its answer leaves none that could vanish.
      expect(log.filter((message) => message.includes('no answer')).length).toBeLessThanOrEqual(1);
    });

    it('gives up in time when an answer stops in its middle, and takes no half object for a whole one', async () => {
      const store = proxied(ONCE);
      await store.put('big', Buffer.alloc(4 * 1024 * 1024, 7));
      proxy.add({ type: 'limit_data', bytes: 1_000_000, then: 'stall' });
      await expect(store.get('big')).rejects.toMatchObject(AWAY);
      await proxy.heal();
      proxy.add({ type: 'limit_data', bytes: 1_000_000, then: 'reset' });
      await expect(store.get('big')).rejects.toMatchObject(AWAY);
      await proxy.heal();
      expect((await store.get('big'))?.length).toBe(4 * 1024 * 1024);
    });

    it('goes on by itself when the server is killed and comes back', async () => {
      const log: string[] = [];
      const limits = { ...QUICK, retry: { tries: 100, totalMs: 60_000, baseMs: 100, maxWaitMs: 500 } };
      const store = proxied(limits, {}, (_level, message) => void log.push(message));
      await store.putIfAbsent('0', Buffer.from('before'));
      await server.end('SIGKILL');
      const pending = store.putIfAbsent('1', Buffer.from('during'));
      await expect.poll(() => log.length).toBeGreaterThan(0);
      await server.start();
      expect(await pending).toBe('created');
      expect(String(await store.get('0'))).toBe('before');
      expect(String(await store.get('1'))).toBe('during');
    });

    it('tells a server that is away from one that will never do', async () => {
      await proxy.down();
      await expect(proxied(ONCE).get('key')).rejects.toMatchObject(AWAY);
      const missing = direct({ bucket: 'no-such-bucket' });
      await expect(missing.put('key', Buffer.from(''))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        seen: expect.stringContaining('NoSuchBucket'),
        retryable: false,
      });
    });

    it('keeps keys to itself when they are refused', async () => {
      const credentials = { ...S3_KEYS, secretAccessKey: 'wrong-secret-of-mine', sessionToken: null };
      const error = await direct({ credentials })
        .list('')
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
      const told = JSON.stringify(error) + String((error as Error).stack) + String((error as Error).cause);
      expect(told).not.toMatch(/wrong-secret-of-mine|sluice-test|Signature=/);
    });
  });
});

const AWAY = { code: 'STORE_UNAVAILABLE', retryable: true };
const silent: Log = () => undefined;

function rawClient(endpoint: string): S3Client {
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: S3_KEYS });
}
