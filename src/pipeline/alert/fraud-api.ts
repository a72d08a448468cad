/** Scores of many rows at once: one verdict for each, as a value. Only wrong rights or a wrong address throw. */
import type { Clock, Log } from '../ports.ts';
import { readBatch, readPrediction, type Score } from './answer.ts';
import { API_LIMITS, away, makeApiClient, refused, type ApiLimits, type Reply } from './api-client.ts';
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
  /** The score of one row with its reasons, whatever it is. Throws `API_UNAVAILABLE` when there is none. */
  explain(request: ScoreRequest): Promise<Score>;
  close(): void;
}

const ROWS_PER_REQUEST = 100;
const REQUESTS_IN_FLIGHT = 4;
const ROWS_IN_FLIGHT = 16;
const LATE: Verdict = { kind: 'unavailable', reason: 'The fraud API is slow: the rest of the batch waits for it.' };

export function openFraudApi(url: string, log: Log, clock: Clock, limits: ApiLimits = API_LIMITS): FraudApi {
  const client = makeApiClient(url, clock, limits);
  let hasBatch = true;

  const scoreOne = async (request: ScoreRequest): Promise<Verdict> => {
    const reply = await client.ask('/predict/raw', request, 1);
    if (reply.kind === 'missing') throw refused(client.origin, `${reply.reason} on /predict/raw`);
    if (reply.kind === 'refused') return { kind: 'rejected', reason: reply.reason };
    return reply.kind === 'ok' ? toVerdict(reply.value, request) : { kind: 'unavailable', reason: reply.reason };
  };

  /** One row can make the API refuse a whole list, or fail on it: halves are asked until that row stands alone. */
  const scoreList = async (requests: readonly ScoreRequest[], until: number): Promise<readonly Verdict[]> => {
    const [first, ...others] = requests;
    if (!first) return [];
    if (clock.now() >= until) return requests.map(() => LATE);
    if (others.length === 0) return [await scoreOne(first)];
    if (!hasBatch) return mapLimited(requests, ROWS_IN_FLIGHT / REQUESTS_IN_FLIGHT, (each) => scoreAlone(each, until));
    const reply = await client.ask('/predict/batch/raw', requests, requests.length);
    if (reply.kind === 'ok' || reply.kind === 'unavailable') return toVerdicts(reply, requests);
    if (reply.kind === 'missing') {
      if (hasBatch) log('warn', 'The fraud API has no /predict/batch/raw; asking /predict/raw row by row');
      hasBatch = false;
      return scoreList(requests, until);
    }
    const half = Math.ceil(requests.length / 2);
    return [...(await scoreList(requests.slice(0, half), until)), ...(await scoreList(requests.slice(half), until))];
  };
  const scoreAlone = async (request: ScoreRequest, until: number): Promise<Verdict> =>
    clock.now() >= until ? LATE : scoreOne(request);

  return {
    score: async (requests) => {
      const until = clock.now() + limits.scoringMs;
      const chunks = chunksOf(requests, ROWS_PER_REQUEST);
      return (await mapLimited(chunks, REQUESTS_IN_FLIGHT, (chunk) => scoreList(chunk, until))).flat();
    },
    explain: async (request) => {
      const reply = await client.ask('/predict/raw?explain=true', request, 1);
      if (reply.kind === 'missing') throw refused(client.origin, `${reply.reason} on /predict/raw`);
      const verdict = reply.kind === 'ok' ? toVerdict(reply.value, request) : reply;
      if (verdict.kind === 'scored') return verdict.score;
      throw away('Asking the fraud API for reasons', verdict.reason.replace(/\.$/, ''), false);
    },
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
