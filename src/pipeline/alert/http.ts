/** One HTTP POST with deadlines and a size limit. It follows no redirect, and no error of it names the address. */
import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Post {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connectTimeoutMs: number;
  /** For the whole exchange, connecting included. */
  readonly totalTimeoutMs: number;
  /** Longest answer that is read, bytes. */
  readonly maxAnswerBytes: number;
  /** Keeps connections; without it each exchange has its own. */
  readonly agent?: Agent;
}

/** What became of it. `maybeSent` is false only when no byte of the request can have left. */
export type PostResult =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | null; readonly body: string }
  | { readonly kind: 'failed'; readonly maybeSent: boolean; readonly timedOut: boolean; readonly reason: string };

/** Sends and reads the whole answer. Never rejects. */
export function post(options: Post): Promise<PostResult> {
  return new Promise((resolve) => {
    let connected = false;
    const send = options.url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(options.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...options.headers,
        'content-length': Buffer.byteLength(options.body),
      },
      agent: options.agent ?? false,
    });
    const finish = (result: PostResult): void => {
      timers.forEach(clearTimeout);
      resolve(result);
      if (result.kind === 'failed') request.destroy();
    };
    const fail = (reason: string, timedOut = false): void =>
      finish({ kind: 'failed', maybeSent: connected, timedOut, reason });
    const timers = [
      setTimeout(() => fail(`no answer within ${options.totalTimeoutMs} ms`, true), options.totalTimeoutMs),
      setTimeout(
        () => connected || fail(`no connection within ${options.connectTimeoutMs} ms`, true),
        options.connectTimeoutMs,
      ),
    ];
    request.on('socket', (socket) => {
      const ready = options.url.protocol === 'https:' ? 'secureConnect' : 'connect';
      if (request.reusedSocket) connected = true;
      else socket.once(ready, () => (connected = true));
    });
    request.on('error', (error) => fail(describe(error)));
    request.on('response', (response) => readAnswer(response, options.maxAnswerBytes, finish, fail));
    request.end(options.body);
  });
}

/** The URL, or null. The error of `new URL` would repeat the text, which may be a secret. */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function readAnswer(
  response: IncomingMessage,
  maxBytes: number,
  finish: (result: PostResult) => void,
  fail: (reason: string) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) fail(`an answer of more than ${maxBytes} bytes`);
    else chunks.push(chunk);
  });
  response.on('error', (error) => fail(describe(error)));
  response.on('end', () => {
    const retryAfter = response.headers['retry-after'] ?? null;
    finish({
      kind: 'answer',
      status: response.statusCode ?? 0,
      retryAfter,
      body: Buffer.concat(chunks).toString('utf8'),
    });
  });
}

/** The code of a system error; its text would name host and port, and of a parser the bytes. */
function describe(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? 'the connection broke';
}
