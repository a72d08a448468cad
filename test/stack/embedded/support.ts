/** What the tests of the capture share. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import type { Database } from '../../../src/pipeline/sql.ts';
import { CAPTURE_DEFAULTS, type CaptureSettings } from '../../../src/stack/embedded/capture-settings.ts';
import { TOPIC } from '../../../src/stack/embedded/topic.ts';

export interface StoredRecord {
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export function captureSettings(databases: { frauddb: PostgresSettings; topics: PostgresSettings }): CaptureSettings {
  return {
    captured: databases.frauddb,
    topics: databases.topics,
    topic: TOPIC,
    version: '0.0.0-test',
    ...CAPTURE_DEFAULTS,
  };
}

/** All records, partition by partition in the order of their offsets. */
export async function readRecords(topics: Database): Promise<StoredRecord[]> {
  const rows = await topics.query<{
    partition: number;
    offset: string;
    key: Buffer | null;
    value: Buffer | null;
    headers: Record<string, string>;
  }>('SELECT partition, "offset", key, value, headers FROM records ORDER BY partition, "offset"');
  return rows.map((row) => ({ ...row, key: row.key?.toString() ?? null, value: row.value?.toString() ?? null }));
}

export async function countRecords(topics: Database): Promise<number> {
  const [row] = await topics.query<{ count: string }>('SELECT sum(log_end) AS count FROM partitions');
  return Number(row?.count ?? 0);
}

/** Resolves when the topic holds at least `count` records. */
export async function waitForRecords(topics: Database, count: number): Promise<void> {
  await until(async () => (await countRecords(topics)) >= count);
}

export async function until(holds: () => Promise<boolean> | boolean, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('what was waited for did not come');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** SQL that inserts `count` transactions whose trans_num begins with `prefix`. */
export function insertSql(prefix: string, count: number): string {
  return `INSERT INTO transactions (trans_date_trans_time, cc_num, merchant, category, amt, first, last, gender, street, city,
      state, zip, lat, long, city_pop, job, dob, trans_num, unix_time, merch_lat, merch_long, is_fraud)
    SELECT '2020-01-01 10:00:00', 9223372036854775807 - n, 'fraud_Kub', 'shopping_net', 99.5, 'Ada', 'Roe', 'F', '1 Elm St',
      'Boise', 'ID', 83702, 43.6, -116.2, 205671, 'Engineer', '1990-01-01', '${prefix}' || n, 1577872800, 43.7, -116.1, 0
    FROM generate_series(1, ${count}) n`;
}

/** While this file exists a fragile thread of this test process dies. */
export const DEADLY_FILE = path.join(tmpdir(), `sluice-test-deadly-${process.pid}`);
