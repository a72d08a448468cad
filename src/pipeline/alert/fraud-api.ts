/** Scores of many rows at once: one verdict for each, as a value. Only wrong rights or a wrong address throw. */
import type { Clock, Log } from '../ports.ts';
import { readBatch, readPrediction, type Score } from './answer.ts';
import { API_LIMITS, makeApiClient, refused, type ApiLimits, type Reply } from './api-client.ts';
import type { ScoreRequest } from './features.ts';
import { chunksOf, mapLimited } from './limited.ts';

export type Verdict =
  | { readonly kind: 'scored'; readonly score: Score }
  /** The API will never score this row: a dead letter. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** No score for now: the row waits. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface FraudApi {
  /** One verdict for each request, in their order. Throws `API_REFUSED` when the API wants other rights or another address. */
  score(requests: readonly ScoreRequest[]): Promise<readonly Verdict[]>;
  close(): void;
}

const ROWS_PER_REQUEST = 100;
const REQUESTS_IN_FLIGHT = 4;
const ROWS_IN_FLIGHT = 16;

export function openFraudApi(url: string, log: Log, clock: Clock, limits: ApiLimits = API_LIMITS): FraudApi {
  const client = makeApiClient(url, clock, limits);
  let hasBatch = true;

  const scoreOne = async (request: ScoreRequest): Promise<Verdict> => {
    const reply = await client.ask('/predict/raw', request, 1);
    if (reply.kind === 'missing') throw refused(client.origin, `${reply.reason} on /predict/raw`);
    if (reply.kind === 'refused') return { kind: 'rejected', reason: reply.reason };
    return reply.kind === 'ok' ? toVerdict(reply.value, request) : { kind: 'unavailable', reason: reply.reason };
  };
  const scoreEach = (requests: readonly ScoreRequest[]): Promise<Verdict[]> =>
    mapLimited(requests, ROWS_IN_FLIGHT / REQUESTS_IN_FLIGHT, scoreOne);

  const scoreChunk = async (requests: readonly ScoreRequest[]): Promise<readonly Verdict[]> => {
    if (!hasBatch) return scoreEach(requests);
    const reply = await client.ask('/predict/batch/raw', requests, requests.length);
    if (reply.kind === 'ok' || reply.kind === 'unavailable') return toVerdicts(reply, requests);
    if (reply.kind === 'missing' && hasBatch) {
      hasBatch = false;
      log('warn', 'The fraud API has no /predict/batch/raw; asking /predict/raw row by row');
    }
    // One row can make the API refuse a whole list, or fail on it: asked alone, only that row suffers.
    return scoreEach(requests);
  };

  return {
    score: async (requests) =>
      (await mapLimited(chunksOf(requests, ROWS_PER_REQUEST), REQUESTS_IN_FLIGHT, scoreChunk)).flat(),
    close: client.close,
  };
}

function toVerdicts(reply: Reply & { kind: 'ok' | 'unavailable' }, requests: readonly ScoreRequest[]): Verdict[] {
  const list = reply.kind === 'ok' ? readBatch(reply.value, requests.length) : null;
  const reason = reply.kind === 'ok' ? 'The fraud API answered a list of another length.' : reply.reason;
  return requests.map((request, index) => (list ? toVerdict(list[index], request) : { kind: 'unavailable', reason }));
}

function toVerdict(value: unknown, request: ScoreRequest): Verdict {
  const score = readPrediction(value, request.trans_num);
  return typeof score === 'string' ? { kind: 'unavailable', reason: score } : { kind: 'scored', score };
}
