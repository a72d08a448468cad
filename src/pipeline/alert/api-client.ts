/** One question to the fraud API, with deadlines, retries and the breaker: what the answer is worth, not yet what it says. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SluiceError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { Clock } from '../ports.ts';
import { retrying, type RetryPolicy } from '../retry.ts';
import { makeBreaker } from './breaker.ts';
import { parseUrl, post, type PostResult } from './http.ts';
import { retryAfterMs } from './retry-after.ts';

/** What an answer is worth. `crashed` is a 500: the API lives, but this body made it fail. */
export type Reply =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'refused' | 'crashed' | 'missing'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface ApiLimits {
  readonly connectTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly retry: RetryPolicy;
  /** No request about a batch begins later than this after its first: what is left waits, and the stream goes on. */
  readonly scoringMs: number;
  /** Failures in a row that open the breaker, and how often it is tried again after that. */
  readonly failures: number;
  readonly probeEveryMs: number;
}

export const API_LIMITS: ApiLimits = {
  connectTimeoutMs: 2_000,
  totalTimeoutMs: 10_000,
  // The first and five more.
  retry: { tries: 6, totalMs: 5_000, baseMs: 100, maxWaitMs: 1_000 },
  scoringMs: 10_000,
  failures: 6,
  probeEveryMs: 5_000,
};

const SCORING = 'Asking the fraud API for scores';
/** Longest answer for one row, bytes. */
const ROW_ANSWER_BYTES = 64 * 1024;

export interface ApiClient {
  /** Posts `body`, which holds `rows` rows. Throws `API_REFUSED` when the API wants other rights. */
  ask(path: string, body: unknown, rows: number): Promise<Reply>;
  /** Scheme, host and port, for messages. */
  readonly origin: string;
  /** Ends waits between tries and closes connections. */
  close(): void;
}

export function makeApiClient(url: string, clock: Clock, limits: ApiLimits): ApiClient {
  const base = apiUrl(url);
  const agent = base.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const breaker = makeBreaker(limits);
  const closing = new AbortController();

  const tryOnce = async (path: string, body: string, rows: number): Promise<Reply> => {
    if (!breaker.tryEnter(clock.now()))
      throw away(SCORING, 'it failed repeatedly and is left alone for some seconds', false);
    const exchange = post({
      url: new URL(base.href.replace(/\/+$/, '') + path),
      body,
      agent,
      connectTimeoutMs: limits.connectTimeoutMs,
      totalTimeoutMs: limits.totalTimeoutMs,
      maxAnswerBytes: ROW_ANSWER_BYTES * rows,
    });
    await failpoint('a4');
    const result = await exchange;
    const reply = judge(result);
    const asksToWait = result.kind === 'answer' ? retryAfterMs(result.retryAfter, clock.now()) : null;
    // A list on which the API fails says nothing about the API while one bad row can be in it; a single row does.
    if (reply.kind === 'crashed' && rows > 1) breaker.unclear();
    else if (reply.kind === 'unavailable' || reply.kind === 'crashed') breaker.failed(clock.now(), asksToWait);
    else breaker.succeeded();
    if (reply.kind === 'denied') throw refused(base.origin, reply.reason);
    if (reply.kind !== 'unavailable') return reply;
    // A second wait of the full deadline would hold the batch up; the row waits in the database instead.
    throw away(SCORING, reply.reason, asksToWait === null && !(result.kind === 'failed' && result.timedOut));
  };

  return {
    origin: base.origin,
    ask: async (path, body, rows) => {
      const text = JSON.stringify(body);
      const options = { policy: limits.retry, clock, signal: closing.signal, onRetry: () => undefined };
      try {
        return await retrying(() => tryOnce(path, text, rows), options);
      } catch (error) {
        if (error instanceof SluiceError && error.code === 'API_UNAVAILABLE') {
          return { kind: 'unavailable', reason: `The fraud API is away: ${error.seen}.` };
        }
        throw error;
      }
    },
    close: () => {
      closing.abort();
      agent.destroy();
    },
  };
}

function judge(result: PostResult): Reply | { readonly kind: 'denied'; readonly reason: string } {
  if (result.kind === 'failed') return { kind: 'unavailable', reason: result.reason };
  const { status, body } = result;
  if (status === 200) return readJson(body);
  if (status === 401 || status === 403) return { kind: 'denied', reason: `it answered ${status}` };
  if (status === 400 || status === 413 || status === 422) return { kind: 'refused', reason: detailOf(status, body) };
  if (status === 404 || status === 405) return { kind: 'missing', reason: `it answered ${status}` };
  if (status === 500) return { kind: 'crashed', reason: detailOf(status, body) };
  return { kind: 'unavailable', reason: `it answered ${status}` };
}

function readJson(body: string): Reply {
  try {
    return { kind: 'ok', value: JSON.parse(body) as unknown };
  } catch {
    return { kind: 'unavailable', reason: 'it answered 200 with something that is no JSON' };
  }
}

/** Status and error types of a validation error. Its messages may repeat what was sent, so they stay out. */
function detailOf(status: number, body: string): string {
  const places = [...body.matchAll(/"loc"\s*:\s*\[([^\]]{0,80})\]/g)].map((match) => match[1]?.replace(/["\s]/g, ''));
  return `The fraud API answered ${status}${places.length > 0 ? ` about ${places.slice(0, 5).join('; ')}` : ''}.`;
}

function apiUrl(text: string): URL {
  const url = parseUrl(text);
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new SluiceError('SETTINGS_INVALID', {
    tried: 'Reading the address of the fraud API',
    seen: 'something that is no http or https URL, or one with a user in it',
    expected: 'an address such as http://127.0.0.1:8000',
    action: 'Correct FRAUD_API_URL.',
  });
}

/** The API does not want us: nothing that waiting would cure. */
export function refused(origin: string, seen: string): SluiceError {
  return new SluiceError('API_REFUSED', {
    tried: `Asking the fraud API at ${origin} for scores`,
    seen,
    expected: 'scores from /predict/batch/raw or /predict/raw',
    action:
      'Correct the address or the rights, then start Alert again; every transaction since then is still to be read.',
  });
}

export function away(tried: string, seen: string, retryable: boolean): SluiceError {
  return new SluiceError('API_UNAVAILABLE', {
    tried,
    seen,
    expected: 'an answer in time',
    action: 'Look at the fraud API. Transactions wait in PostgreSQL and are scored when it is back.',
    retryable,
  });
}
