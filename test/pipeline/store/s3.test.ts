import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openS3Store, type S3Store } from '../../../src/pipeline/store/s3.ts';
import { parseS3Url, S3_LIMITS, type S3Settings } from '../../../src/pipeline/store/s3-settings.ts';

/** Answers that a real server gives only by chance; what it keeps is told by the tests on real servers. */
type Reply = readonly [status: number, code?: string | undefined, headers?: Record<string, string>];

const servers: Server[] = [];
const stores: S3Store[] = [];

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  for (const server of servers.splice(0)) server.close();
});

async function openScripted(...replies: Reply[]): Promise<{ store: S3Store; asked: IncomingMessage[]; log: string[] }> {
  const asked: IncomingMessage[] = [];
  const log: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.resume());
    const [status, code, headers = {}] = replies[Math.min(asked.length, replies.length) - 1] ?? [500];
    const body = code === undefined ? '' : `<Error><Code>${code}</Code><Message>text</Message></Error>`;
    request.on('end', () => response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const limits = { ...S3_LIMITS, retry: { tries: 3, totalMs: 5_000, baseMs: 1, maxWaitMs: 2 } };
  const store = openS3Store({ ...SETTINGS, endpoint }, (_level, message) => void log.push(message), limits);
  stores.push(store);
  return { store, asked, log };
}

const SETTINGS: S3Settings = {
  kind: 's3',
  bucket: 'lake',
  prefix: 'bronze',
  endpoint: null,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: null },
};
const BYTES = Buffer.from('x');

describe('an S3 store', () => {
  it('sends the condition with a create, below its prefix', async () => {
    const { store, asked } = await openScripted([200, undefined, { etag: '"1"' }]);
    expect(await store.putIfAbsent('offsets/0', BYTES)).toBe('created');
    expect(asked[0]?.url).toMatch(/^\/lake\/bronze\/offsets\/0/);
    expect(asked[0]?.headers['if-none-match']).toBe('*');
  });

  it.each<[string, Reply]>([
    ['two writers at once', [409, 'ConditionalRequestConflict']],
    ['a server that is too busy', [503, 'SlowDown']],
    ['too many requests', [429, 'TooManyRequests']],
    ['a fault inside of the server', [500, 'InternalError']],
    ['an upload that took too long', [400, 'RequestTimeout']],
    ['a clock that is wrong', [403, 'RequestTimeTooSkewed']],
  ])('tries again after %s, and says so', async (_name, reply) => {
    const { store, asked, log } = await openScripted(reply, [200, undefined, { etag: '"1"' }]);
    expect(await store.putIfAbsent('0', BYTES)).toBe('created');
    expect(asked).toHaveLength(2);
    expect(log[0]).toContain('(try 2)');
  });

  it('takes a refusal for a lost race when the object is of another writer', async () => {
    const { store } = await openScripted(
      [412, 'PreconditionFailed'],
      [200, undefined, { etag: '"1"', 'x-amz-meta-sluice-writer': 'other' }],
    );
    expect(await store.putIfAbsent('0', BYTES)).toBe('exists');
  });

  it('does not try again what cannot help', async () => {
    const { store, asked } = await openScripted([403, 'AccessDenied']);
    await expect(store.put('0', BYTES)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
    expect(asked).toHaveLength(1);
  });

  it('knows a server without room', async () => {
    const { store } = await openScripted([507, 'XMinioStorageFull']);
    await expect(store.put('0', BYTES)).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true });
  });

  it('takes a missing object for absent, and a missing bucket for an error', async () => {
    expect(await (await openScripted([404, 'NoSuchKey'])).store.get('0')).toBeNull();
    const { store } = await openScripted([404, 'NoSuchBucket']);
    await expect(store.get('0')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
  });

  it('refuses a server that does not look at the condition', async () => {
    const { store, asked } = await openScripted([200, undefined, { etag: '"1"' }]);
    await expect(store.probeConditionalPut()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
    expect(asked.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'DELETE']);
  });
});

describe('an address on S3', () => {
  it.each([
    ['s3a://lake/bronze/transactions', { bucket: 'lake', prefix: 'bronze/transactions' }],
    ['s3://lake', { bucket: 'lake', prefix: '' }],
    ['s3a://my.lake-1//a/b//', { bucket: 'my.lake-1', prefix: 'a/b' }],
    ['/var/lake', null],
    ['file:///var/lake', null],
  ])('%s', (url, expected) => {
    expect(parseS3Url(url)).toEqual(expected);
  });

  it.each(['s3a://', 's3a:///path', 's3a://Lake/x', 's3a://a/x'])('%s has no bucket that can be', (url) => {
    expect(() => parseS3Url(url)).toThrowError(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
  });
});
