/** Lets other processes of the same user command the console, through a socket that only this user can open. */
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { SluiceError, toErrorView, type ErrorView } from '../pipeline/errors.ts';
import { invalid } from './commands.ts';
import type { CommandArgs, CommandName, ConsoleApi } from './contract.ts';
import { shortName } from './home.ts';
import { createLineReader, MAX_REQUEST_BYTES, requestSchema, type WireMessage } from './wire.ts';

export interface ControlSocket {
  close(): Promise<void>;
}

/** Linux cuts socket paths at 108 bytes, macOS at 104. */
const MAX_PATH_BYTES = 100;
/** A listener that reads this much too slowly is let go: it can come back and read the snapshot. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Where the console of a data folder listens: in the folder, or in a short place when that path is too long. */
export function socketPath(home: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\sluice-${shortName(home)}`;
  const inside = path.join(home, 'control.sock');
  if (Buffer.byteLength(inside) <= MAX_PATH_BYTES) return inside;
  const name = `sluice-${shortName(home)}.sock`;
  const runtime = env['XDG_RUNTIME_DIR'];
  const near = runtime ? path.join(runtime, name) : '';
  if (near !== '' && Buffer.byteLength(near) <= MAX_PATH_BYTES) return near;
  return path.join(os.tmpdir(), `sluice-${process.getuid?.() ?? 0}`, name);
}

/** Begins to listen. Called by the owner of the data folder only, so a socket that is left there belongs to nobody. */
export async function openControlSocket(file: string, api: ConsoleApi): Promise<ControlSocket> {
  const connections = new Set<net.Socket>();
  const server = net.createServer((connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    serve(connection, api);
  });
  if (process.platform !== 'win32') prepare(file);
  await listen(server, file);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.destroy();
      }),
  };
}

function listen(server: net.Server, file: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(file, () => {
      if (process.platform !== 'win32') chmodSync(file, 0o600);
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function prepare(file: string): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  const own = process.getuid?.() ?? uid;
  if (uid !== own || (mode & 0o022) !== 0) throw unsafeFolder(folder);
  rmSync(file, { force: true });
}

function serve(connection: net.Socket, api: ConsoleApi): void {
  const send = (message: WireMessage): void => {
    if (connection.writableLength > MAX_WAITING_BYTES) connection.destroy();
    else if (connection.writable) connection.write(`${JSON.stringify(message)}\n`);
  };
  const stops: (() => void)[] = [];
  const read = createLineReader(MAX_REQUEST_BYTES, (line) => void answer(line, api, send, stops));
  connection.on('error', () => undefined);
  connection.on('close', () => stops.forEach((stop) => stop()));
  connection.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      send({ id: null, ok: false, error: refusal(`a request that is too long: ${(error as Error).message}`) });
      connection.end();
      connection.removeAllListeners('data');
    }
  });
}

async function answer(
  line: string,
  api: ConsoleApi,
  send: (message: WireMessage) => void,
  stops: (() => void)[],
): Promise<void> {
  const request = requestSchema.safeParse(parseJson(line));
  if (!request.success) return send({ id: null, ok: false, error: refusal('something that is no request') });
  const { id, command, args } = request.data;
  if (command === 'subscribe') {
    stops.push(api.subscribe((event) => send({ event })));
    return send({ id, ok: true, value: null });
  }
  try {
    // The console checks name and arguments itself.
    const value = await api.call(command as CommandName, (args ?? {}) as CommandArgs<CommandName>);
    send({ id, ok: true, value });
  } catch (error) {
    send({ id, ok: false, error: toErrorView(error, `Doing ${command}`) });
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function refusal(seen: string): ErrorView {
  return toErrorView(
    invalid('Reading a request from the control socket', seen, 'one JSON object {id, command, args} a line'),
  );
}

function unsafeFolder(folder: string): SluiceError {
  return new SluiceError('HOME_READ_ONLY', {
    tried: `Opening the control socket in ${folder}`,
    seen: 'others may write to that folder',
    expected: 'a folder of your own',
    action: `Remove ${folder}, or set SLUICE_HOME to a shorter path.`,
  });
}
