import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type Proxy, type Toxic } from './proxy.ts';

/** A server that sends back what it gets. */
let server: net.Server;
let proxy: Proxy;
const open: Socket[] = [];

beforeEach(async () => {
  server = net.createServer((socket) => void socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await startProxy((server.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

describe('the proxy', () => {
  it('passes bytes in both directions and counts them', async () => {
    const client = await connect();
    client.socket.write('hello');
    await client.until('hello');
    expect(proxy.passed()).toEqual({ upstream: 5, downstream: 5 });
    expect(proxy.connections()).toBe(1);
    client.socket.end();
    expect(await client.closed).toBe('end');
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  it('refuses while it is down, resets what is open, and listens again on the same port', async () => {
    const client = await connect();
    client.socket.write('hello');
    await client.until('hello');
    await proxy.down();
    expect(await client.closed).toBe('ECONNRESET');
    await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.up();
    await echo('again');
  });

  it('is down and up by turns while it flaps', async () => {
    const stop = proxy.flap(100, 100);
    await expect.poll(() => connect().catch((error: NodeJS.ErrnoException) => error.code)).toBe('ECONNREFUSED');
    await expect
      .poll(() =>
        connect()
          .then(() => 'up')
          .catch(() => 'down'),
      )
      .toBe('up');
    await stop();
    await echo('steady');
  });

  it('forgets open connections without a word, and takes new ones', async () => {
    const client = await connect();
    client.socket.write('hello');
    await client.until('hello');
    proxy.halfOpen();
    client.socket.write('is anybody there');
    await echo('new');
    expect(client.text()).toBe('hello');
    expect(client.socket.readyState).toBe('open');
  });
});

describe('a toxic', () => {
  it('of latency delays every byte once, not one chunk after the other', async () => {
    proxy.add({ type: 'latency', latency: 300 });
    const client = await connect();
    const began = Date.now();
    for (let each = 0; each < 20; each += 1) client.socket.write('x'.repeat(20_000));
    await client.until('x'.repeat(400_000));
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it('of bandwidth lets so many bytes pass in a second', async () => {
    proxy.add({ type: 'bandwidth', bytesPerSecond: 10_000 });
    const client = await connect();
    const began = Date.now();
    client.socket.write('x'.repeat(5_000));
    await client.until('x'.repeat(5_000));
    expect(Date.now() - began).toBeGreaterThanOrEqual(450);
  });

  it('of a slicer sends the same bytes in pieces', async () => {
    proxy.add({ type: 'slicer', size: 1, delay: 0 });
    await echo('0123456789');
  });

  it('of a blackhole holds everything, the end too, and lets it go when it is taken away', async () => {
    const client = await connect();
    client.socket.write('before');
    await client.until('before');
    const remove = proxy.add({ type: 'blackhole' }, 'both');
    client.socket.write(' after');
    client.socket.end();
    const quick = await Promise.race([client.closed, new Promise((resolve) => setTimeout(resolve, 200, 'silent'))]);
    expect([quick, client.text()]).toEqual(['silent', 'before']);
    remove();
    expect(await client.closed).toBe('end');
    expect(client.text()).toBe('before after');
  });

  it.each<[string, Toxic, string]>([
    ['timeout drops what comes and closes after its time', { type: 'timeout', timeout: 100 }, 'end'],
    ['reset_peer resets after its time', { type: 'reset_peer', timeout: 100 }, 'ECONNRESET'],
    ['limit_data closes behind its last byte', { type: 'limit_data', bytes: 0, then: 'close' }, 'end'],
    ['limit_data resets behind its last byte', { type: 'limit_data', bytes: 0, then: 'reset' }, 'ECONNRESET'],
  ])('of %s', async (_name, toxic, how) => {
    const remove = proxy.add(toxic);
    const client = await connect();
    client.socket.write('hello');
    expect(await client.closed).toBe(how);
    expect(client.text()).toBe('');
    remove();
    await echo('well again');
  });

  it('of a timeout without an end closes when it is taken away, because bytes are missing', async () => {
    const remove = proxy.add({ type: 'timeout', timeout: 0 });
    const client = await connect();
    client.socket.write('lost');
    await expect.poll(() => proxy.passed().upstream).toBe(4);
    remove();
    expect(await client.closed).toBe('end');
    expect(client.text()).toBe('');
  });

  it('of limit_data lets the bytes before it pass, and stalls where it is told to', async () => {
    proxy.add({ type: 'limit_data', bytes: 3, then: 'stall' });
    const client = await connect();
    client.socket.write('hello');
    await client.until('hel');
    await expect.poll(() => proxy.passed()).toEqual({ upstream: 5, downstream: 3 });
    expect(client.socket.readyState).toBe('open');
  });

  it('of slow_close keeps the end back', async () => {
    proxy.add({ type: 'slow_close', delay: 300 });
    const client = await connect();
    const began = Date.now();
    client.socket.end('bye');
    expect(await client.closed).toBe('end');
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
  });

  it('ends for open connections when everything is healed', async () => {
    const client = await connect();
    proxy.add({ type: 'blackhole' }, 'both');
    client.socket.write('hello');
    await proxy.heal();
    await client.until('hello');
  });
});

interface Client {
  readonly socket: Socket;
  /** `end`, or the code of the error. */
  readonly closed: Promise<string>;
  readonly text: () => string;
  until(text: string): Promise<void>;
}

async function connect(): Promise<Client> {
  const socket = net.connect({ host: '127.0.0.1', port: proxy.port });
  open.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.on('close', () => resolve('end'));
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return {
    socket,
    closed,
    text: () => text,
    until: (wanted) => expect.poll(() => text, { timeout: 30_000 }).toBe(wanted),
  };
}

async function echo(text: string): Promise<void> {
  const client = await connect();
  client.socket.write(text);
  await client.until(text);
}
