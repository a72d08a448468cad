/**
 * A TCP proxy on loopback that misbehaves, in the words of toxiproxy: toxics are added and taken away while connections
 * live. `downstream` is what the server sends, `upstream` what the client sends.
 */
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Stream = 'upstream' | 'downstream';

/**
 * Times in ms. `timeout`: data are dropped, and the connection closes after the time (0 = never), or when the toxic is
 * taken away and bytes are missing; `reset_peer`: the same, but it is reset. `blackhole`: a network that loses every packet: nothing passes, ends and resets included, and what waits
 * goes on when the toxic is taken away. `limit_data`: after so many bytes of a connection. `slicer`: pieces of this size.
 */
export type Toxic =
  | { readonly type: 'latency'; readonly latency: number; readonly jitter?: number }
  | { readonly type: 'bandwidth'; readonly bytesPerSecond: number }
  | { readonly type: 'slow_close'; readonly delay: number }
  | { readonly type: 'timeout'; readonly timeout: number }
  | { readonly type: 'blackhole' }
  | { readonly type: 'reset_peer'; readonly timeout: number }
  | { readonly type: 'slicer'; readonly size: number; readonly delay: number }
  | { readonly type: 'limit_data'; readonly bytes: number; readonly then: 'close' | 'reset' | 'stall' };

type ToxicOf<T extends Toxic['type']> = Extract<Toxic, { type: T }>;

export interface Proxy {
  readonly port: number;
  /** For bytes from now on, on open connections too. Answers how to take it away. */
  add(toxic: Toxic, stream?: Stream | 'both'): () => void;
  /** Refuses connections, and resets the open ones. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Down and up by turns, until it is ended; then it is up. */
  flap(downMs: number, upMs: number): () => Promise<void>;
  /** The other ends of all open connections are gone, without a word to this one. New connections are whole. */
  halfOpen(): void;
  /** Takes every toxic away, and is up. */
  heal(): Promise<void>;
  /** Clients that are connected now. */
  connections(): number;
  /** Bytes that were passed on: a test whose client found a way around the proxy sees none. */
  passed(): Readonly<Record<Stream, number>>;
  close(): Promise<void>;
}

interface Placed {
  readonly toxic: Toxic;
  readonly streams: readonly Stream[];
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes that a `limit_data` has counted. */
  readonly counted: Map<Placed, number>;
  /** The other end is gone without a word. */
  lost: boolean;
  /** Bytes were dropped in its middle. */
  torn: boolean;
}

const READ_AHEAD_BYTES = 4 * 1024 * 1024;
/** How soon a change is noticed by what waits for it. */
const TICK_MS = 10;

export async function startProxy(targetPort: number): Promise<Proxy> {
  const links = new Set<Link>();
  const passed = { upstream: 0, downstream: 0 };
  let placed: readonly Placed[] = [];
  let listener = await listen(0, accept);
  const { port } = listener.address() as AddressInfo;

  function accept(client: Socket): void {
    const server = net.connect({ host: '127.0.0.1', port: targetPort });
    const link: Link = { client, server, counted: new Map(), lost: false, torn: false };
    links.add(link);
    for (const socket of [client, server]) socket.on('error', () => undefined).setNoDelay(true);
    client.on('close', () => links.delete(link));
    for (const each of placed) begin(each, link);
    pump(link, client, server, 'upstream');
    pump(link, server, client, 'downstream');
  }

  const find = <T extends Toxic['type']>(type: T, stream: Stream): { at: Placed; toxic: ToxicOf<T> } | null => {
    const at = placed.find((each) => each.toxic.type === type && each.streams.includes(stream));
    return at ? { at, toxic: at.toxic as ToxicOf<T> } : null;
  };

  /** Reads ahead, as a network does, so that latency delays every byte once and not one after the other. */
  function pump(link: Link, from: Socket, to: Socket, stream: Stream): void {
    const queue: { bytes: Buffer; at: number }[] = [];
    let waiting = 0;
    let ended: 'end' | 'reset' | null = null;
    let wake: (() => void) | null = null;
    const notify = (): void => wake?.();
    from.on('data', (bytes: Buffer) => {
      queue.push({ bytes, at: Date.now() });
      waiting += bytes.length;
      if (waiting > READ_AHEAD_BYTES) from.pause();
      notify();
    });
    from.on('end', () => ((ended ??= 'end'), notify()));
    from.on('close', () => ((ended ??= 'reset'), notify()));
    void (async () => {
      while (queue.length > 0 || ended === null) {
        const next = queue.shift();
        if (!next) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        await pass(link, to, stream, next.bytes, next.at);
        waiting -= next.bytes.length;
        if (waiting <= READ_AHEAD_BYTES) from.resume();
      }
      await silence(link, stream);
      await sleep(find('slow_close', stream)?.toxic.delay ?? 0);
      if (link.lost) return;
      if (ended === 'end') to.end();
      else to.resetAndDestroy();
    })();
  }

  async function pass(link: Link, to: Socket, stream: Stream, bytes: Buffer, at: number): Promise<void> {
    const slicer = find('slicer', stream)?.toxic;
    const rate = find('bandwidth', stream)?.toxic.bytesPerSecond;
    const size = Math.min(slicer?.size ?? Infinity, rate ? Math.max(1, Math.ceil(rate / 20)) : Infinity, bytes.length);
    for (let from = 0; from < bytes.length; from += size) {
      const piece = bytes.subarray(from, from + size);
      const slow = find('latency', stream)?.toxic;
      const jitter = (slow?.jitter ?? 0) * (Math.random() * 2 - 1);
      if (slow) await sleep(Math.max(0, at + slow.latency + jitter - Date.now()));
      if (rate) await sleep((piece.length * 1_000) / rate);
      if (slicer) await sleep(slicer.delay);
      await silence(link, stream);
      if (link.lost) return;
      if (find('timeout', stream) || find('reset_peer', stream)) link.torn = true;
      else await write(link, to, stream, piece);
    }
  }

  async function write(link: Link, to: Socket, stream: Stream, piece: Buffer): Promise<void> {
    const limit = find('limit_data', stream);
    const before = limit ? (link.counted.get(limit.at) ?? 0) : 0;
    if (limit) link.counted.set(limit.at, before + piece.length);
    const allowed = limit ? piece.subarray(0, Math.max(0, limit.toxic.bytes - before)) : piece;
    passed[stream] += allowed.length;
    if (allowed.length > 0 && !to.destroyed && !to.write(allowed)) await drained(to);
    if (!limit || allowed.length === piece.length || limit.toxic.then === 'stall') return;
    if (limit.toxic.then === 'reset') reset(link);
    else [link.client, link.server].forEach((socket) => socket.end());
  }

  /** Resolves when packets of the stream arrive, or never will. */
  async function silence(link: Link, stream: Stream): Promise<void> {
    while (!link.lost && find('blackhole', stream)) await sleep(TICK_MS);
  }

  /** What a toxic does to a connection by itself. */
  function begin(each: Placed, link: Link): void {
    const { toxic } = each;
    const act = toxic.type === 'reset_peer' ? reset : toxic.type === 'timeout' && toxic.timeout > 0 ? end : null;
    if (!act || !('timeout' in toxic)) return;
    setTimeout(() => placed.includes(each) && act(link), toxic.timeout).unref();
  }

  function remove(each: Placed): void {
    if (!placed.includes(each)) return;
    placed = placed.filter((other) => other !== each);
    for (const link of links) if (link.torn) end(link);
  }

  const proxy: Proxy = {
    port,
    add: (toxic, stream = 'downstream') => {
      const each = { toxic, streams: stream === 'both' ? (['upstream', 'downstream'] as const) : [stream] };
      placed = [...placed, each];
      for (const link of links) begin(each, link);
      return () => remove(each);
    },
    down: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      links.forEach(reset);
      await closed;
    },
    up: async () => {
      if (!listener.listening) listener = await listen(port, accept);
    },
    flap: (downMs, upMs) => {
      let flapping = true;
      const done = (async () => {
        while (flapping) {
          await proxy.down();
          await sleep(downMs);
          await proxy.up();
          await sleep(upMs);
        }
      })();
      return () => ((flapping = false), done);
    },
    halfOpen: () => {
      for (const link of links) {
        link.lost = true;
        link.server.destroy();
      }
    },
    heal: async () => {
      placed.forEach(remove);
      await proxy.up();
    },
    connections: () => links.size,
    passed: () => ({ ...passed }),
    close: async () => {
      await proxy.down();
    },
  };
  return proxy;
}

function reset({ client, server }: Link): void {
  for (const socket of [client, server]) socket.resetAndDestroy();
}

function end({ client, server }: Link): void {
  for (const socket of [client, server]) socket.destroy();
}

async function listen(port: number, accept: (client: Socket) => void): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true }, accept);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
}
