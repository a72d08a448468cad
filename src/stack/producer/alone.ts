/** The producer without the other services of a stack. */
import type { LogLevel } from '../../pipeline/events.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import { openDatabase } from '../../pipeline/sql.ts';
import { createProducer, type Producer } from './producer.ts';

export interface ProducerAlone {
  readonly producer: Producer;
  stop(): Promise<void>;
}

export function startProducerAlone(
  settings: PostgresSettings,
  log: (level: LogLevel, message: string) => void,
): ProducerAlone {
  const frauddb = openDatabase(settings, { max: 2, statementTimeoutMs: 60_000, applicationName: 'sluice producer' });
  const producer = createProducer(frauddb, log);
  return {
    producer,
    stop: async () => {
      await producer.pause();
      await frauddb.close();
    },
  };
}
