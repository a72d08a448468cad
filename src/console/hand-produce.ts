/** The producer by hand: into a database that exists already, with neither window nor stack. */
import { utimes, writeFile } from 'node:fs/promises';
import type { LogLine } from '../pipeline/events.ts';
import { openDatabase, type Database } from '../pipeline/sql.ts';
import { createProducer } from '../stack/producer/producer.ts';
import type { ProducerView } from '../stack/stack.ts';
import { readHandSettings } from './hand-settings.ts';
import { producerSettings } from './job.ts';
import { createRedactor } from './secrets.ts';
import { toCaptured } from './servers.ts';

export interface HandProduceOptions {
  /** Touched every few seconds while the database answers, so that others can see it; or null. */
  readonly heartbeat: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly onLog: (line: LogLine) => void;
}

const HEARTBEAT_MS = 3_000;

/** Sends from where the last run ended, until asked to stop; then resolves with what it did. */
export async function produceByHand(options: HandProduceOptions, signal: AbortSignal): Promise<ProducerView> {
  const { env, cwd, heartbeat, onLog } = options;
  const resolved = readHandSettings(env, cwd);
  const captured = toCaptured(resolved, cwd);
  const redactor = createRedactor();
  redactor.add(captured.password);
  const database = openDatabase(captured, { max: 2, statementTimeoutMs: 60_000, applicationName: 'sluice producer' });
  const producer = createProducer(database, (level, message) =>
    onLog({ at: Date.now(), source: 'producer', level, message: redactor.redact(message) }),
  );
  const stopBeating = heartbeat === null ? () => undefined : beat(database, heartbeat);
  try {
    await producer.start(producerSettings(resolved.settings));
    await aborted(signal);
    await producer.pause();
    return producer.view();
  } finally {
    stopBeating();
    await database.close();
  }
}

/** Returns what ends it. */
function beat(database: Database, file: string): () => void {
  const touch = async (): Promise<void> => {
    await database.query('SELECT 1');
    const now = new Date();
    await utimes(file, now, now).catch(() => writeFile(file, ''));
  };
  const once = (): void => void touch().catch(() => undefined);
  once();
  const timer = setInterval(once, HEARTBEAT_MS);
  return () => clearInterval(timer);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
