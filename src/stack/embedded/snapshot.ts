/** The first reading of the captured table: a slot, its exported snapshot, and every row as an event of op `r`. */
import { openDatabase, type Database, type Sql } from '../../pipeline/sql.ts';
import { readTableShape } from './catalog.ts';
import type { CaptureSettings } from './capture-settings.ts';
import {
  envelopesOf,
  type ChangeSource,
  type Column,
  type TableShape,
  type TopicEvent,
  type Tuple,
} from './envelope.ts';
import { writePosition } from './position.ts';
import { createSlot } from './replication.ts';
import { append } from './topic.ts';

const CHUNK = 2_000;
const BPCHAR = 1042;

/**
 * Takes the snapshot and returns its number of rows. All its records and the position are one transaction: killed on
 * the way it leaves no record, and the caller finds a slot without a position and starts over.
 */
export function takeSnapshot(settings: CaptureSettings, topics: Database): Promise<number> {
  const captured = openDatabase(settings.captured, {
    max: 1,
    statementTimeoutMs: 0,
    applicationName: 'sluice snapshot',
  });
  return createSlot(settings.captured, settings.slot, ({ name, lsn }) =>
    captured.transaction(async (from) => {
      await from.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await from.query(`SET TRANSACTION SNAPSHOT '${name}'`);
      return topics.transaction(async (to) => {
        const rows = await copyRows(settings, from, to, lsn);
        await writePosition(to, settings.slot, { commitLsn: lsn, index: 0 });
        return rows;
      });
    }),
  ).finally(() => captured.close());
}

async function copyRows(settings: CaptureSettings, from: Sql, to: Sql, lsn: bigint): Promise<number> {
  const shape = await readTableShape(from);
  const { toEvents } = envelopesOf(shape, settings);
  const { total, source } = await describeSnapshot(settings, from, shape, lsn);
  const columns = shape.columns.map(selectText).join(', ');
  await from.query(`DECLARE rows NO SCROLL CURSOR FOR SELECT ${columns} FROM ${shape.schema}.${shape.name}`);
  for (let done = 0; done < total;) {
    const rows = await from.query<Record<string, string | null>>(`FETCH ${CHUNK} FROM rows`);
    const now = BigInt(Date.now()) * 1_000n;
    const events = rows.flatMap((row: Tuple, index): readonly TopicEvent[] =>
      toEvents({ op: 'r', after: row }, { ...source, snapshot: markOf(done + index, total) }, now),
    );
    await append(to, settings.topic, events, Date.now());
    done += rows.length;
  }
  return total;
}

async function describeSnapshot(
  settings: CaptureSettings,
  from: Sql,
  shape: TableShape,
  lsn: bigint,
): Promise<{ total: number; source: Omit<ChangeSource, 'snapshot'> }> {
  const [row] = await from.query<{ total: number; tx_id: string; micros: string }>(
    `SELECT count(*)::int AS total, pg_snapshot_xmin(pg_current_snapshot())::text AS tx_id,
       (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint AS micros
     FROM ${shape.schema}.${shape.name}`,
  );
  const { total = 0, tx_id = '0', micros = '0' } = row ?? {};
  const txId = Number(BigInt(tx_id) & 0xffffffffn);
  return { total, source: { database: settings.captured.database, micros: BigInt(micros), txId, beginLsn: null, lsn } };
}

/** A single row is the last one. */
function markOf(index: number, total: number): ChangeSource['snapshot'] {
  if (index === total - 1) return 'last';
  return index === 0 ? 'first' : 'true';
}

/** The text that the log would carry. A cast of char(n) cuts its blanks off; its output function keeps them. */
function selectText({ name, typeOid }: Column): string {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const text =
    typeOid === BPCHAR ? `CASE WHEN ${quoted} IS NOT NULL THEN format('%s', ${quoted}) END` : `${quoted}::text`;
  return `${text} AS ${quoted}`;
}
