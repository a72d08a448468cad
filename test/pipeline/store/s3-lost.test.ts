import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openS3Store, type S3Store } from '../../../src/pipeline/store/s3.ts';
import { S3_LIMITS } from '../../../src/pipeline/store/s3-settings.ts';

/**
 * A server that keeps objects and their conditions, and loses answers as it is told: `reset` closes the connection
 * after it has done the work, a number answers with this status after it has done the work, `cut` sends half of a body.
 */
type Trouble = 'none' | 'reset' | 'cut' | 409 | 500 | 503;

const servers: Server[] = [];
const stores: S3Store[] = [];

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  for (const server of servers.splice(0)) server.close();
});

describe('a write whose answer is lost', () => {
  it.each<Trouble>(['reset', 500, 503])('after %s is known again as its own', async (trouble) => {
    const { store, objects, asked } = await open(trouble);
    expect(await store.putIfAbsent('7.json', Buffer.from('mine'))).toBe('created');
    expect(asked).toEqual(['PUT', 'PUT', 'HEAD']);
    expect(String(objects.get('7.json')?.bytes)).toBe('mine');
  });

  it.each<Trouble>(['reset', 500, 503])(
    'after %s is not taken for its own when another was faster',
    async (trouble) => {
      const { store, objects } = await open(trouble);
      objects.set('7.json', { bytes: Buffer.from('theirs'), writer: 'another', tag: '"1"' });
      expect(await store.putIfAbsent('7.json', Buffer.from('mine'))).toBe('exists');
      expect(String(objects.get('7.json')?.bytes)).toBe('theirs');
    },
  );

  it.each<Trouble>(['reset', 500, 503])(
    'of a replacement after %s answers the tag of its own bytes',
    async (trouble) => {
      const { store, objects } = await open('none', trouble);
      await store.put('lease', Buffer.from('1'));
      const tag = objects.get('lease')?.tag ?? '';
      expect(await store.replaceIf('lease', Buffer.from('2'), tag)).toBe(objects.get('lease')?.tag);
      expect(String(objects.get('lease')?.bytes)).toBe('2');
    },
  );

  it('that never arrives is an error that may pass, after the tries that are allowed', async () => {
    const { store, asked } = await open('reset', 'reset', 'reset', 'reset');
    await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
    expect(asked).toEqual(['PUT', 'PUT', 'PUT']);
  });
});

describe('two creates at the same moment', () => {
  it('that the server cannot order (409) end with one winner', async () => {
    const { store, asked } = await open(409);
    expect(await store.putIfAbsent('7.json', Buffer.from('mine'))).toBe('created');
    expect(asked).toEqual(['PUT', 'PUT']);
  });
});

describe('a read', () => {
  it.each<Trouble>(['cut', 'reset', 500, 503])(
    'that ends with %s is tried again, and half an object is never taken for a whole one',
    async (trouble) => {
      const { store, objects } = await open(trouble);
      const bytes = Buffer.alloc(100_000, 7);
      objects.set('big', { bytes, writer: 'another', tag: '"1"' });
      expect((await store.get('big'))?.equals(bytes)).toBe(true);
    },
  );
});

interface Kept {
  readonly bytes: Buffer;
  readonly writer: string;
  readonly tag: string;
}

/** @param troubles of the requests in their order; the rest goes well */
async function open(...troubles: Trouble[]) {
  const objects = new Map<string, Kept>();
  const asked: string[] = [];
  let tags = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(request.method ?? '');
      const trouble = troubles[asked.length - 1] ?? 'none';
      const status = trouble === 409 ? 409 : work(request, Buffer.concat(chunks));
      answer(request, response, typeof trouble === 'number' ? trouble : status, trouble);
    });
  });

  const keyOf = ({ url = '' }: IncomingMessage): string =>
    new URL(url, 'http://x').pathname.split('/').slice(3).join('/');

  function work(request: IncomingMessage, bytes: Buffer): number {
    const key = keyOf(request);
    const found = objects.get(key);
    if (request.method !== 'PUT') return found ? 200 : 404;
    const { 'if-none-match': none, 'if-match': match, 'x-amz-meta-sluice-writer': writer } = request.headers;
    if ((none === '*' && found) || (match !== undefined && match !== found?.tag)) return 412;
    objects.set(key, { bytes, writer: String(writer), tag: `"${++tags}"` });
    return 200;
  }

  function answer(request: IncomingMessage, response: ServerResponse, status: number, trouble: Trouble): void {
    if (trouble === 'reset') return void request.socket.resetAndDestroy();
    const found = objects.get(keyOf(request));
    const isWell = status === 200;
    const headers = isWell && found ? { etag: found.tag, 'x-amz-meta-sluice-writer': found.writer } : {};
    if (request.method === 'GET' && isWell && found) {
      response.writeHead(200, { ...headers, 'content-length': found.bytes.length });
      if (trouble !== 'cut') return void response.end(found.bytes);
      return void response.write(found.bytes.subarray(0, 50_000), () => request.socket.destroy());
    }
    response
      .writeHead(status, headers)
      .end(isWell || request.method === 'HEAD' ? '' : '<Error><Code>Trouble</Code></Error>');
  }

  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const store = openS3Store(
    {
      kind: 's3',
      bucket: 'lake',
      prefix: 'bronze',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: null },
    },
    () => undefined,
    { ...S3_LIMITS, retry: { tries: 3, totalMs: 30_000, baseMs: 1, maxWaitMs: 2 } },
  );
  stores.push(store);
  return { store, objects, asked };
}
