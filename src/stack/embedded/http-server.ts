/** A small JSON server on loopback: routes, a cap on bodies, and errors as answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SluiceError } from '../../pipeline/errors.ts';

/** What a route answers: text goes out as it is, anything else as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** `METHOD /path` -> what answers. `body` is the text of the request, `query` what stands behind the question mark. */
export type Routes = Readonly<Record<string, (body: string, query: URLSearchParams) => Answer | Promise<Answer>>>;

export interface LocalServer {
  readonly port: number;
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** Listens on 127.0.0.1. `port` 0 takes a free one; a port that is taken throws `PORT_TAKEN`. */
export async function listenLocally(name: string, port: number, routes: Routes): Promise<LocalServer> {
  const server = createServer((request, response) => {
    answer(request, routes).then(
      (made) => send(response, made),
      (error: unknown) => send(response, { status: 500, body: { detail: (error as Error).message } }),
    );
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  await listen(server, port).catch((error: NodeJS.ErrnoException) => {
    throw listenError(name, port, error);
  });
  const taken = (server.address() as AddressInfo).port;
  return { port: taken, url: `http://127.0.0.1:${taken}`, close: () => closeServer(server) };
}

async function answer(request: IncomingMessage, routes: Routes): Promise<Answer> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const route = routes[`${request.method ?? 'GET'} ${path}`];
  if (!route) {
    const known = Object.keys(routes).some((name) => name.endsWith(` ${path}`));
    return known
      ? { status: 405, body: { detail: 'Method Not Allowed' } }
      : { status: 404, body: { detail: 'Not Found' } };
  }
  const body = await readBody(request);
  return body === null
    ? { status: 413, body: { detail: `A body may have ${MAX_BODY_BYTES} bytes` } }
    : route(body, new URLSearchParams(query));
}

/** null when the body is too large; the rest of it is not read. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const isText = typeof body === 'string';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  response.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': bytes.length,
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(bytes);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Waits for requests under way; connections that only stay open are ended. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function listenError(name: string, port: number, cause: NodeJS.ErrnoException): SluiceError {
  const taken = cause.code === 'EADDRINUSE';
  return new SluiceError(taken ? 'PORT_TAKEN' : 'STACK_FAILED', {
    tried: `Starting ${name} on port ${port} of 127.0.0.1`,
    seen: taken ? 'another program listens there' : cause.message,
    expected: 'a free port',
    action: 'Close the program that uses the port, or let Sluice choose a free one.',
    retryable: taken,
    cause,
  });
}
