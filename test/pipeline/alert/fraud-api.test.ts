import { afterEach, describe, expect, it } from 'vitest';
import { API_LIMITS } from '../../../src/pipeline/alert/api-client.ts';
import { openFraudApi, type FraudApi } from '../../../src/pipeline/alert/fraud-api.ts';
import type { ScoreRequest } from '../../../src/pipeline/alert/features.ts';
import {
  memoryLog,
  predict,
  reply,
  startServer,
  virtualClock,
  wellApi,
  type Answer,
  type TestServer,
} from './support.ts';

const ask = (transNum: string, amt = 900): ScoreRequest => ({
  trans_num: transNum,
  amt,
  hour: 1,
  day_of_week: 0,
  distance_km: 1,
  age: 30,
  gender: 'F',
});
const many = (count: number) => Array.from({ length: count }, (_, index) => ask(`t${index}`));

describe('fraud API', () => {
  const clock = virtualClock();
  let server: TestServer;
  let api: FraudApi;
  let lines: string[];

  async function open(answer: Answer, limits: Partial<typeof API_LIMITS> = {}): Promise<void> {
    server = await startServer(answer, clock);
    const memory = memoryLog();
    lines = memory.lines;
    api = openFraudApi(`${server.url}/`, memory.log, clock, { ...API_LIMITS, ...limits });
  }
  afterEach(async () => {
    api.close();
    await server.close();
  });
  const kinds = async (requests: readonly ScoreRequest[]) => (await api.score(requests)).map(({ kind }) => kind);
  const paths = () => server.requests.map(({ path }) => path);

  it('scores many rows in few requests and keeps their order', async () => {
    await open(wellApi);
    const verdicts = await api.score(many(250));
    expect(server.requests).toHaveLength(3);
    expect(verdicts.map((verdict) => verdict.kind === 'scored' && verdict.score.transNum)).toEqual(
      many(250).map((each) => each.trans_num),
    );
  });

  it('asks for nothing when there is nothing to score', async () => {
    await open(wellApi);
    expect(await api.score([])).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  it('rejects only the row that the API refuses', async () => {
    await open(({ path, body }, response, socket) => {
      const isBad = body.includes('"bad"');
      if (isBad) return reply(response, 422, { detail: [{ loc: ['body', 'amt'], msg: '4992346398065154184' }] });
      wellApi({ path, body, index: 0 }, response, socket);
    });
    const verdicts = await api.score([ask('t1'), ask('bad'), ask('t3')]);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['scored', 'rejected', 'scored']);
    expect(verdicts[1]).toEqual({ kind: 'rejected', reason: 'The fraud API answered 422 about body,amt.' });
  });

  it('lets only the row wait on which the API fails', async () => {
    await open(({ path, body }, response, socket) => {
      if (body.includes('"bad"')) return reply(response, 500, { detail: 'boom' });
      wellApi({ path, body, index: 0 }, response, socket);
    });
    expect(await kinds([ask('t1'), ask('bad'), ask('t3')])).toEqual(['scored', 'unavailable', 'scored']);
  });

  it('finds the one row on which the API fails in few requests, wherever it stands, and scores all others', async () => {
    for (const bad of ['t0', 't57', 't99']) {
      await open(({ path, body }, response, socket) => {
        if (body.includes(`"${bad}"`)) return reply(response, 500, { detail: 'boom' });
        wellApi({ path, body, index: 0 }, response, socket);
      });
      const found = await kinds(many(100));
      expect(found.filter((kind) => kind === 'scored')).toHaveLength(99);
      expect(found[Number(bad.slice(1))]).toBe('unavailable');
      expect(server.requests.length).toBeLessThanOrEqual(15);
      api.close();
      await server.close();
    }
    await open(wellApi);
  });

  it('leaves an API alone that fails on every row', async () => {
    await open((_, response) => reply(response, 500, { detail: 'boom' }));
    expect(await kinds(many(100))).toEqual(Array(100).fill('unavailable'));
    expect(server.requests.length).toBeLessThanOrEqual(20);
  });

  it('lets the rest of a batch wait when the API takes too long over it', async () => {
    await open((request, response, socket) => {
      clock.pass(4_000);
      wellApi(request, response, socket);
    });
    const found = await kinds(many(1_000));
    expect(found.filter((kind) => kind === 'scored').length).toBeLessThanOrEqual(700);
    expect(found.at(-1)).toBe('unavailable');
    expect(await kinds(many(100))).toEqual(Array(100).fill('scored'));
  });

  it.each([404, 405])(
    'falls back to single rows when the batch endpoint alone answers %i, and says so once',
    async (status) => {
      await open(({ path, body }, response, socket) => {
        if (path === '/predict/batch/raw') return reply(response, status, 'no');
        wellApi({ path, body, index: 0 }, response, socket);
      });
      expect(await kinds([ask('t1'), ask('t2')])).toEqual(['scored', 'scored']);
      await api.score([ask('t3')]);
      expect(paths()).toEqual(['/predict/batch/raw', '/predict/raw', '/predict/raw', '/predict/raw']);
      expect(lines).toEqual(['warn: The fraud API has no /predict/batch/raw; asking /predict/raw row by row']);
    },
  );

  it.each([401, 403, 404])('is paused with the reason when everything answers %i', async (status) => {
    await open((_, response) => reply(response, status, 'no'));
    const found = await api.score([ask('t1')]).catch((error: unknown) => error);
    expect(found).toMatchObject({
      code: 'API_REFUSED',
      retryable: false,
      seen: expect.stringContaining(String(status)) as string,
    });
  });

  it.each([502, 503, 504, 302, 418])('tries again after %i, and then lets the rows wait', async (status) => {
    await open((_, response) => reply(response, status, '', { location: 'http://127.0.0.1:9/' }));
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
    expect(server.requests.length).toBe(1 + 5);
  });

  it('is well again when a further try succeeds', async () => {
    await open(({ path, body, index }, response, socket) =>
      index < 2 ? reply(response, 503, '') : wellApi({ path, body, index }, response, socket),
    );
    expect(await kinds([ask('t1')])).toEqual(['scored']);
  });

  it('asks nobody while the breaker is open, then sends one probe, then works again', async () => {
    await open((_, response) => reply(response, 503, ''));
    await api.score([ask('t1')]);
    await api.score([ask('t1')]);
    const before = server.requests.length;
    expect(before).toBe(API_LIMITS.failures);
    expect(await kinds(many(1000))).toEqual(Array(1000).fill('unavailable'));
    expect(server.requests.length).toBe(before);
    clock.pass(API_LIMITS.probeEveryMs);
    await api.score(many(1000));
    expect(server.requests.length).toBe(before + 1);
    clock.pass(API_LIMITS.probeEveryMs);
    server.answer = wellApi;
    await api.score([ask('t1')]);
    expect(await kinds(many(1000))).toEqual(Array(1000).fill('scored'));
  });

  it('leaves the API alone for as long as it asks after 429', async () => {
    await open((_, response) => reply(response, 429, '', { 'retry-after': '60' }));
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
    server.answer = wellApi;
    clock.pass(59_000);
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
    expect(server.requests).toHaveLength(1);
    clock.pass(1_000);
    expect(await kinds([ask('t1')])).toEqual(['scored']);
  });

  it('gives up on a server that hangs, without a second wait', async () => {
    await open(() => undefined, { totalTimeoutMs: 50 });
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
    expect(server.requests).toHaveLength(1);
  });

  it('gives up on an endless drip', async () => {
    await open((_, response) => void response.write('{"predictions": ['), { totalTimeoutMs: 80 });
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
  });

  it('reads no more than 64 KB for a row', async () => {
    await open((_, response) => reply(response, 200, { predictions: ['x'.repeat(70_000)] }));
    expect(await api.score([ask('t1')])).toEqual([
      { kind: 'unavailable', reason: expect.stringContaining('more than 65536 bytes') as string },
    ]);
  });

  it.each([
    ['HTML', '<html>login</html>'],
    ['nothing', ''],
    ['half an answer', '{"predictions": [{"trans'],
    ['a list of another length', JSON.stringify({ predictions: [] })],
    ['another transaction', JSON.stringify({ predictions: [predict({ trans_num: 't9', amt: 1 })] })],
    [
      'a probability of 1.7',
      JSON.stringify({ predictions: [predict({ trans_num: 't1', amt: 1 }, { fraud_probability: 1.7 })] }),
    ],
  ])('lets the row wait when 200 comes with %s', async (_, body) => {
    await open((__, response) => reply(response, 200, body));
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
  });

  it('lets rows wait when nobody listens, and when the connection breaks', async () => {
    await open((_, response) => response.socket?.resetAndDestroy());
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
    await server.close();
    expect(await kinds([ask('t1')])).toEqual(['unavailable']);
  });

  it('refuses an address that is none, or has a user in it, without repeating it', () => {
    for (const url of ['file:///etc/passwd', 'http://user:secret@127.0.0.1:1', 'nonsense secret']) {
      expect(() => openFraudApi(url, () => undefined, clock)).toThrow(
        expect.objectContaining({ code: 'SETTINGS_INVALID' }) as Error,
      );
      expect(() => openFraudApi(url, () => undefined, clock)).not.toThrow(/secret/);
    }
  });
});
