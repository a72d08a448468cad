/** One connection to the log: collects messages while the last ones are being stored, and acknowledges what is stored. */
import type { CaptureSettings } from './capture-settings.ts';
import { openReplication, type LogMessage, type ReplicationStream } from './replication.ts';
import type { Stored, Transfer } from './transfer.ts';

/** Messages of one SQL transaction: bounds memory and the time that readers wait for a big transaction. */
const MESSAGES_PER_WRITE = 2_000;
/** The log is not read further while more than this waits. */
const PAUSE_ABOVE = 10_000;
/** An answer to the server although nothing is new; it drops silent clients after a minute. */
const STATUS_MS = 10_000;

/** Runs until the signal aborts (returns) or the connection or the storing breaks (throws). */
export async function streamChanges(
  settings: CaptureSettings,
  transfer: Transfer,
  signal: AbortSignal,
  onStored: (stored: Stored) => void,
  onStarted: () => void,
): Promise<void> {
  const early: LogMessage[] = [];
  let pump: Pump | null = null;
  const connection = await openReplication(settings.captured, settings, {
    onMessage: (message) => (pump ? pump.onMessage(message) : void early.push(message)),
    onKeepalive: (walEnd) => pump?.onKeepalive(walEnd),
  });
  pump = newPump(connection, transfer, onStored);
  early.forEach(pump.onMessage);
  const timer = setInterval(pump.sendStatus, STATUS_MS);
  let onAbort = (): void => undefined;
  const aborted = new Promise<null>((resolve) => (onAbort = () => resolve(null)));
  signal.addEventListener('abort', onAbort);
  try {
    onStarted();
    const error = signal.aborted ? null : await Promise.race([pump.failed, connection.ended, aborted]);
    if (error) throw error;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', onAbort);
    pump.close();
    await connection.stop();
    await pump.idle();
  }
}

interface Pump {
  onMessage(this: void, message: LogMessage): void;
  onKeepalive(walEnd: bigint): void;
  sendStatus(this: void): void;
  /** Resolves with the error that ended the storing; never without one. */
  readonly failed: Promise<unknown>;
  /** Begins no further write. */
  close(): void;
  /** Resolves when no write is under way. */
  idle(): Promise<void>;
}

function newPump(connection: ReplicationStream, transfer: Transfer, onStored: (stored: Stored) => void): Pump {
  const waiting: LogMessage[] = [];
  let acknowledged = 0n;
  let inTransaction = false;
  let closed = false;
  let draining: Promise<void> | null = null;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((resolve) => (fail = resolve));

  const sendStatus = (): void => {
    if (acknowledged > 0n && !closed) connection.acknowledge(acknowledged);
  };
  const acknowledge = (lsn: bigint): void => {
    if (lsn > acknowledged) acknowledged = lsn;
    sendStatus();
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0 && !closed) {
      const stored = await transfer.store(waiting.splice(0, MESSAGES_PER_WRITE));
      onStored(stored);
      if (stored.wholeUpTo !== null) acknowledge(stored.wholeUpTo);
      if (waiting.length < PAUSE_ABOVE && !closed) connection.resume();
    }
  };
  const stopAt = (error: unknown): void => {
    closed = true;
    fail(error);
  };
  return {
    onMessage(message) {
      if (message.type === 'begin') inTransaction = true;
      if (message.type === 'commit') inTransaction = false;
      waiting.push(message);
      if (waiting.length >= PAUSE_ABOVE) connection.pause();
      draining ??= drain()
        .catch(stopAt)
        .finally(() => (draining = null));
    },
    // The topic's own writes make log too; an idle capture confirms it, or the slot would keep it for ever.
    onKeepalive(walEnd) {
      if (!draining && !inTransaction && waiting.length === 0) acknowledge(walEnd);
      else sendStatus();
    },
    sendStatus,
    failed,
    close: () => void (closed = true),
    idle: () => draining ?? Promise.resolve(),
  };
}
