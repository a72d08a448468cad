/** The console of another process, reached through its control socket; the same contract as the console itself. */
import net from 'node:net';
import { fromErrorView, SluiceError } from '../pipeline/errors.ts';
import type { CommandAnswers, CommandArgs, CommandName, ConsoleApi, ConsoleEvent } from './contract.ts';
import { homePaths } from './home.ts';
import { findOwner } from './lock.ts';
import { createLineReader, MAX_MESSAGE_BYTES, type WireMessage } from './wire.ts';

export interface RemoteConsole extends ConsoleApi {
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>;
  close(): void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Connects to the console that runs on a data folder; null when none does. */
export async function connectConsole(home: string): Promise<RemoteConsole | null> {
  const owner = findOwner(homePaths(home).locks);
  if (owner === null) return null;
  const connection = net.connect(owner.socket);
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('connect', resolve);
      connection.once('error', reject);
    });
  } catch (cause) {
    throw unreachable(owner.pid, owner.socket, cause);
  }
  return speak(connection);
}

function speak(connection: net.Socket): RemoteConsole {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: ConsoleEvent) => void>();
  let lastId = 0;
  const read = createLineReader(MAX_MESSAGE_BYTES, (line) => onMessage(JSON.parse(line) as WireMessage));
  const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
  connection.on('data', read);
  connection.on('error', () => undefined);
  void closed.then(() => {
    for (const { reject } of pending.values()) reject(gone());
    pending.clear();
  });

  function onMessage(message: WireMessage): void {
    if ('event' in message) return listeners.forEach((listener) => listener(message.event));
    if (message.id === null) return;
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.ok) waiting?.resolve(message.value);
    else waiting?.reject(fromErrorView(message.error));
  }

  function request(command: string, args: unknown): Promise<unknown> {
    if (connection.destroyed) return Promise.reject(gone());
    const id = ++lastId;
    connection.write(`${JSON.stringify({ id, command, args })}\n`);
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  }

  return {
    call: <C extends CommandName>(command: C, args: CommandArgs<C>) =>
      request(command, args) as Promise<CommandAnswers[C]>,
    subscribe: (listener) => {
      if (listeners.size === 0) request('subscribe', {}).catch(() => undefined);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closed,
    close: () => connection.destroy(),
  };
}

function unreachable(pid: number, socket: string, cause: unknown): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Talking to the running console',
    seen: `process ${pid} owns the data folder and does not answer on ${socket}`,
    expected: 'a console that listens there',
    action: 'It may be starting or stopping: try again in a moment.',
    cause,
  });
}

function gone(): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Talking to the running console',
    seen: 'it has ended the connection',
    expected: 'an answer',
    action: 'The console may have stopped: `sluice status` tells.',
  });
}
