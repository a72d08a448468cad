/** The REST interface of Kafka Connect: one request at a time, each with a deadline. */
import { SluiceError } from '../../pipeline/errors.ts';
import { retrying, type RetryPolicy } from '../../pipeline/retry.ts';
import type { Clock } from '../../pipeline/ports.ts';

export interface ConnectRest {
  /** The answer, parsed; null when there is no such thing (404). */
  get(path: string): Promise<unknown>;
  /** Any 2xx is well. The answer, parsed, or null when it is empty. */
  send(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}

const DEADLINE_MS = 15_000;
const LONGEST_ANSWER = 4 * 1024 * 1024;
const NOT_FOUND = 404;
/** The workers are sharing out the work anew; it passes. */
const REBALANCING = 409;
/** For a rebalance. A worker that does not answer at all is told of after a few seconds. */
const RETRY: RetryPolicy = { tries: 12, totalMs: 20_000, baseMs: 100, maxWaitMs: 2_000 };

/** @param url of any worker, e.g. `http://127.0.0.1:8083` */
export function openConnectRest(url: string, clock: Clock): ConnectRest {
  const call = (method: string, path: string, body?: unknown): Promise<unknown> =>
    retrying(() => request(url, method, path, body), {
      policy: RETRY,
      clock,
      signal: new AbortController().signal,
      onRetry: () => undefined,
    });
  return {
    get: (path) => call('GET', path),
    send: call,
  };
}

async function request(url: string, method: string, path: string, body: unknown): Promise<unknown> {
  const tried = `${method} ${path} of Kafka Connect`;
  const answer = await fetchText(url, method, path, body).catch((error: unknown) => {
    throw unreachable(tried, error);
  });
  if (answer.status === NOT_FOUND && method === 'GET') return null;
  if (answer.status >= 200 && answer.status < 300) return parse(tried, answer.text);
  throw refused(tried, answer.status, answer.text);
}

async function fetchText(url: string, method: string, path: string, body: unknown) {
  const response = await fetch(new URL(path, url), {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (text.length > LONGEST_ANSWER) throw new Error(`an answer of ${text.length} characters`);
  return { status: response.status, text };
}

function parse(tried: string, text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const action = 'Check that the address is the one of Kafka Connect and not of another server.';
    throw new SluiceError('CONNECT_UNAVAILABLE', { tried, seen: 'no JSON', expected: 'JSON', action });
  }
}

function unreachable(tried: string, error: unknown): SluiceError {
  const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
  const seen = name === 'TimeoutError' ? `no answer for ${DEADLINE_MS / 1000} s` : (cause?.code ?? message);
  return new SluiceError('CONNECT_UNAVAILABLE', {
    tried,
    seen,
    expected: 'a worker of Kafka Connect that answers',
    action: 'Start Kafka Connect, or correct its address (CONNECT_URL).',
  });
}

function refused(tried: string, status: number, text: string): SluiceError {
  // Reading is refused with 500 and these words, writing with 409.
  const isRebalance = status === REBALANCING || /rebalanc/i.test(messageOf(text));
  return new SluiceError('CONNECT_UNAVAILABLE', {
    tried,
    seen: `${status} ${messageOf(text)}`.trim(),
    expected: 'a request that is carried out',
    action: isRebalance ? 'Kafka Connect shares out its work anew: try again in a moment.' : 'Do what the answer says.',
    retryable: isRebalance,
  });
}

/** Connect's own words, which quote settings but no passwords. */
function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? '';
  } catch {
    return text.slice(0, 200);
  }
}
