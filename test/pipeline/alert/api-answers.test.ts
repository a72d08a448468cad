import { afterEach, describe, expect, it } from 'vitest';
import { API_LIMITS } from '../../../src/pipeline/alert/api-client.ts';
import { openFraudApi, type FraudApi, type Verdict } from '../../../src/pipeline/alert/fraud-api.ts';
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

const LIMITS = { ...API_LIMITS, totalTimeoutMs: 400, connectTimeoutMs: 300 };
const REQUEST: ScoreRequest = {
  trans_num: 't1',
  amt: 900,
  hour: 1,
  day_of_week: 0,
  distance_km: 1,
  age: 30,
  gender: 'F',
};

const status =
  (code: number, body: unknown = '', headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    reply(response, code, body, headers);
/** 200 with one prediction, changed as said; single rows are asked at `/predict/raw`. */
const predicting =
  (changes: Record<string, unknown>): Answer =>
  (_, response) =>
    reply(response, 200, predict(REQUEST, changes));
const after =
  (ms: number): Answer =>
  (request, response, socket) =>
    void setTimeout(() => wellApi(request, response, socket), ms);

interface Row {
  readonly answer: Answer;
  readonly verdict: Verdict['kind'] | 'paused';
  /** Requests that one row costs. */
  readonly requests: number;
}

/** Every answer that the API can give to one row, and what it is worth. */
const ANSWERS: Readonly<Record<string, Row>> = {
  '400': { answer: status(400, { detail: 'no' }), verdict: 'rejected', requests: 1 },
  '422': { answer: status(422, { detail: [{ loc: ['body', 'amt'] }] }), verdict: 'rejected', requests: 1 },
  '401': { answer: status(401), verdict: 'paused', requests: 1 },
  '403': { answer: status(403), verdict: 'paused', requests: 1 },
  '404': { answer: status(404), verdict: 'paused', requests: 1 },
  '405': { answer: status(405), verdict: 'paused', requests: 1 },
  '408': { answer: status(408), verdict: 'unavailable', requests: 6 },
  '408 with Retry-After': { answer: status(408, '', { 'retry-after': '30' }), verdict: 'unavailable', requests: 1 },
  '429': { answer: status(429), verdict: 'unavailable', requests: 6 },
  '429 with Retry-After': { answer: status(429, '', { 'retry-after': '30' }), verdict: 'unavailable', requests: 1 },
  '500': { answer: status(500, { detail: 'boom' }), verdict: 'unavailable', requests: 1 },
  '502': { answer: status(502), verdict: 'unavailable', requests: 6 },
  '503': { answer: status(503), verdict: 'unavailable', requests: 6 },
  '504': { answer: status(504), verdict: 'unavailable', requests: 6 },
  'a redirect, which is not followed': {
    answer: status(307, '', { location: '/elsewhere' }),
    verdict: 'unavailable',
    requests: 6,
  },
  '200 with HTML': { answer: status(200, '<html>login</html>'), verdict: 'unavailable', requests: 6 },
  '200 with nothing': { answer: status(200, ''), verdict: 'unavailable', requests: 6 },
  '200, truncated': { answer: status(200, '{"trans_num": "t1", "is_fra'), verdict: 'unavailable', requests: 6 },
  '200 with a list': { answer: status(200, [1, 2]), verdict: 'unavailable', requests: 1 },
  'a probability of 1.7': { answer: predicting({ fraud_probability: 1.7 }), verdict: 'unavailable', requests: 1 },
  'a probability as text': { answer: predicting({ fraud_probability: '0.9' }), verdict: 'unavailable', requests: 1 },
  'a prediction "1" as text': { answer: predicting({ is_fraud_predicted: '1' }), verdict: 'unavailable', requests: 1 },
  'another trans_num': { answer: predicting({ trans_num: 't2' }), verdict: 'unavailable', requests: 1 },
  'a level of its own': { answer: predicting({ risk_level: 'SEVERE' }), verdict: 'unavailable', requests: 1 },
  '10 MB': { answer: status(200, 'x'.repeat(10 * 1024 * 1024)), verdict: 'unavailable', requests: 6 },
  'an endless drip': {
    answer: (_, response, socket) => {
      const timer = setInterval(() => response.write(' '), 20);
      socket.socket.once('close', () => clearInterval(timer));
    },
    verdict: 'unavailable',
    requests: 1,
  },
  'an answer after half of the time': { answer: after(200), verdict: 'scored', requests: 1 },
  'an answer after all of the time': { answer: after(600), verdict: 'unavailable', requests: 1 },
  'a broken connection': {
    answer: (_, response) => response.socket?.resetAndDestroy(),
    verdict: 'unavailable',
    requests: 6,
  },
  'rules instead of a model': {
    answer: predicting({ model_version: 'rule_based_fallback' }),
    verdict: 'scored',
    requests: 1,
  },
};

describe('an answer of the fraud API', () => {
  let server: TestServer;
  let api: FraudApi;
  let clock: ReturnType<typeof virtualClock>;

  async function open(answer: Answer): Promise<void> {
    clock = virtualClock();
    server = await startServer(answer, clock);
    api = openFraudApi(server.url, memoryLog().log, clock, LIMITS);
  }
  afterEach(async () => {
    api.close();
    await server.close();
  });

  it.each(Object.entries(ANSWERS))('%s', async (_, { answer, verdict, requests }) => {
    await open(answer);
    const found = await api.score([REQUEST]).then(
      ([one]) => one?.kind,
      (error: { code: string }) => (error.code === 'API_REFUSED' ? 'paused' : error.code),
    );
    expect(found).toBe(verdict);
    expect(server.requests.length).toBe(requests);
  });

  it('is badged when rules gave it', async () => {
    await open(predicting({ model_version: 'rule_based_fallback' }));
    expect(await api.score([REQUEST])).toMatchObject([{ score: { ruleBased: true } }]);
  });

  it('may come from two models within one batch, and each row keeps its own', async () => {
    await open(({ body }, response) => {
      const asked = JSON.parse(body) as ScoreRequest[];
      const predictions = asked.map((each, index) => predict(each, { model_version: index < 2 ? 'old' : 'new' }));
      reply(response, 200, { predictions });
    });
    const verdicts = await api.score(['t1', 't2', 't3'].map((trans_num) => ({ ...REQUEST, trans_num })));
    expect(verdicts.map((each) => each.kind === 'scored' && each.score.modelVersion)).toEqual(['old', 'old', 'new']);
  });
});
