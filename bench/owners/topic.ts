/** A filled topic of the embedded stack that many cases read. */
import { openDatabase } from '../../src/pipeline/sql.ts';
import { startTestPostgres } from '../../test/support/postgres.ts';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';
import type { Topic } from './cases.ts';

export interface FilledTopic {
  readonly topic: Topic;
  /** `trans_num` of every record. */
  readonly sent: readonly string[];
  /** Partition -> its end. */
  readonly ends: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const NAME = 'postgres.public.transactions';
const PARTITIONS = 2;

/** @param records a multiple of the number of partitions */
export async function openTopic(records: number): Promise<FilledTopic> {
  const server = await startTestPostgres();
  const { topics } = await server.createFraudDatabases();
  const database = openDatabase(topics);
  const each = records / PARTITIONS;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const rows = Array.from({ length: each }, (_, n) => Buffer.from(envelope(afterOf(n * PARTITIONS + partition))));
    await database.query('INSERT INTO partitions (topic, partition, log_end) VALUES ($1, $2, $3)', [
      NAME,
      partition,
      each,
    ]);
    await database.query(
      `INSERT INTO records (topic, partition, "offset", recorded_at_ms, key, value)
       SELECT $1, $2, place - 1, 1735000000000 + place, NULL, value FROM unnest($3::bytea[]) WITH ORDINALITY AS row (value, place)`,
      [NAME, partition, rows],
    );
  }
  await database.close();
  return {
    topic: { name: NAME, postgres: topics, records },
    sent: Array.from({ length: records }, (_, n) => `t${n}`),
    ends: Object.fromEntries(Array.from({ length: PARTITIONS }, (_, partition) => [partition, String(each)])),
    stop: server.stop,
  };
}
