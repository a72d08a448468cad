/** A TCP proxy on loopback that can misbehave, in toxiproxy's words. */
import net, { type AddressInfo, type Socket } from 'node:net';

/**
 * `pass`; `blackhole`: takes connections and bytes, and answers nothing; `refuse`: closes at once;
 * `cutAfter`, `stopAfter`: after so many bytes from the server, both ends are reset, or nothing more is passed on;
 * `mute`: swallows what the server answers.
 */
export type Fault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'blackhole' }
  | { readonly kind: 'mute' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'cutAfter' | 'stopAfter'; readonly bytes: number };

export interface Proxy {
  readonly port: number;
  /** For bytes from now on, on open connections too. */
  set(fault: Fault): void;
  /** Clients that are connected now. */
  connections(): number;
  close(): Promise<void>;
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  let fault: Fault = { kind: 'pass' };
  const open = new Set<Socket>();
  const server = net.createServer((client) => {
    track(client);
    let sent = 0;
    if (fault.kind === 'refuse') return void client.resetAndDestroy();
    const upstream = net.connect({ host: '127.0.0.1', port: targetPort });
    track(upstream);
    client.on('data', (chunk) => {
      if (fault.kind !== 'blackhole') upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (fault.kind === 'blackhole' || fault.kind === 'mute') return;
      sent += chunk.length;
      if (fault.kind === 'stopAfter' && sent > fault.bytes) return;
      if (fault.kind === 'cutAfter' && sent > fault.bytes) {
        client.resetAndDestroy();
        return void upstream.destroy();
      }
      client.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    // A silent network does not tell that the other end has gone.
    upstream.on('close', () => {
      if (fault.kind === 'pass' || fault.kind === 'refuse') client.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => {
      fault = next;
      if (next.kind === 'refuse') for (const socket of open) socket.resetAndDestroy();
    },
    connections: () => open.size / 2,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function track(socket: Socket): void {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  }
}
