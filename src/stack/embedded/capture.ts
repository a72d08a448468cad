/**
 * Change capture: publication, slot, snapshot, then the stream of changes into the topic. Sends every change exactly
 * once: records and position share a transaction, and the log is acknowledged only after it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLevel } from '../../pipeline/events.ts';
import { toErrorView } from '../../pipeline/errors.ts';
import { openDatabase, sqlState, type Database } from '../../pipeline/sql.ts';
import type { CaptureSettings } from './capture-settings.ts';
import { CAPTURED_SCHEMA, CAPTURED_TABLE, readTableShape } from './catalog.ts';
import { readPosition, type CapturePosition } from './position.ts';
import { takeSnapshot } from './snapshot.ts';
import { streamChanges } from './stream.ts';
import { createTopic } from './topic.ts';
import { newTransfer, type Stored } from './transfer.ts';

export type CapturePhase = 'CONNECTING' | 'SNAPSHOT' | 'STREAMING' | 'STOPPED';

export interface CaptureStatus {
  readonly phase: CapturePhase;
  /** Records written by this run, the snapshot's included. */
  readonly events: number;
  /** From commit in the database to stored in the topic, for the newest change; null before the first. */
  readonly delayMs: number | null;
  readonly lastError: string | null;
}

export interface Capture {
  status(): CaptureStatus;
  /** Resolves with the first STREAMING. */
  readonly streaming: Promise<void>;
  /** Calling it again is fine. */
  stop(): Promise<void>;
}

const SLOT_BUSY = '55006';
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

type CaptureLog = (level: LogLevel, message: string) => void;

/** Starts to capture; what breaks is logged and tried again until {@link Capture.stop}. */
export function startCapture(settings: CaptureSettings, log: CaptureLog): Capture {
  const topics = openDatabase(settings.topics, { max: 2, statementTimeoutMs: 0, applicationName: 'sluice capture' });
  const captured = openDatabase(settings.captured, { max: 1, applicationName: 'sluice capture' });
  const stopping = new AbortController();
  const status = {
    phase: 'CONNECTING' as CapturePhase,
    events: 0,
    delayMs: null as number | null,
    lastError: null as string | null,
  };
  let sayStreaming = (): void => undefined;
  const streaming = new Promise<void>((resolve) => (sayStreaming = resolve));

  const stored = (result: Stored): void => {
    status.events += result.events;
    if (result.committedAt !== null) status.delayMs = Math.max(0, Date.now() - result.committedAt);
  };
  const once = async (): Promise<void> => {
    status.phase = 'CONNECTING';
    await prepare(settings, captured, topics);
    let position = await resumePosition(settings, captured, topics, log);
    if (!position) {
      status.phase = 'SNAPSHOT';
      const rows = await takeSnapshot(settings, topics);
      status.events += rows;
      log('info', `Snapshot of ${rows} rows is in the topic`);
      position = await readPosition(topics, settings.slot);
    }
    const transfer = newTransfer(settings, topics, position ?? ORIGIN, () => readTableShape(captured));
    await streamChanges(settings, transfer, stopping.signal, stored, () => {
      status.phase = 'STREAMING';
      status.lastError = null;
      log('info', `Streaming the changes of ${CAPTURED_SCHEMA}.${CAPTURED_TABLE} to ${settings.topic}`);
      sayStreaming();
    });
  };
  const loop = async (): Promise<void> => {
    for (let retry = 0; !stopping.signal.aborted; retry += 1) {
      try {
        await once();
      } catch (error) {
        if (stopping.signal.aborted) break;
        if (status.phase === 'STREAMING') retry = 0;
        status.phase = 'CONNECTING';
        status.lastError = toErrorView(error).message;
        // A slot that a dead connection still holds is free as soon as the server notices.
        log(sqlState(error) === SLOT_BUSY ? 'info' : 'warn', `${status.lastError}; connecting again`);
        const wait = Math.min(FIRST_RETRY_MS * 2 ** retry, LAST_RETRY_MS);
        await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    status.phase = 'STOPPED';
  };
  const running = loop();
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
    await Promise.all([captured.close(), topics.close()]);
  };
  return {
    status: () => ({ ...status }),
    streaming,
    stop: () => (stopped ??= stop()),
  };
}

const ORIGIN: CapturePosition = { commitLsn: 0n, index: 0 };

async function prepare(settings: CaptureSettings, captured: Database, topics: Database): Promise<void> {
  await createTopic(topics, settings.topic);
  const found = await captured.query('SELECT 1 FROM pg_publication WHERE pubname = $1', [settings.publication]);
  if (found.length > 0) return;
  await captured.query(`CREATE PUBLICATION ${settings.publication} FOR TABLE ${CAPTURED_SCHEMA}.${CAPTURED_TABLE}`);
}

/** Where to go on, or null when a snapshot is due; then there is no slot. */
async function resumePosition(
  settings: CaptureSettings,
  captured: Database,
  topics: Database,
  log: CaptureLog,
): Promise<CapturePosition | null> {
  const position = await readPosition(topics, settings.slot);
  const [slot] = await captured.query<{ wal_status: string | null }>(
    'SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1',
    [settings.slot],
  );
  if (position && slot && slot.wal_status !== 'lost') return position;
  if (position) log('warn', 'The replication slot is lost, so every row is read again and sent with op r');
  else if (slot) log('info', 'The last snapshot was not finished; it starts over');
  if (slot) await captured.query('SELECT pg_drop_replication_slot($1)', [settings.slot]);
  return null;
}
