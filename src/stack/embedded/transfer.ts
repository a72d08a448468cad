/** From the log to the topic: turns messages into events and stores them, with the position, in bounded transactions. */
import type { Database } from '../../pipeline/sql.ts';
import { CAPTURED_SCHEMA, CAPTURED_TABLE, shapeAt } from './catalog.ts';
import type { CaptureSettings } from './capture-settings.ts';
import { envelopesOf, type Envelopes, type RowChange, type TableShape, type TopicEvent } from './envelope.ts';
import { isStored, writePosition, type CapturePosition } from './position.ts';
import type { LogMessage } from './replication.ts';
import { append } from './topic.ts';

/** What one call of {@link Transfer.store} has done. */
export interface Stored {
  readonly events: number;
  /** End of the last transaction that is stored whole; the log before it is no longer needed. */
  readonly wholeUpTo: bigint | null;
  /** Commit time of the newest stored change, ms since 1970. */
  readonly committedAt: number | null;
}

export interface Transfer {
  /** Stores the messages in one SQL transaction. What is in the topic already is passed over. */
  store(messages: readonly LogMessage[]): Promise<Stored>;
}

interface OpenTransaction {
  readonly commitLsn: bigint;
  readonly beginLsn: bigint;
  readonly micros: bigint;
  readonly txId: number;
  index: number;
}

/** Follows one stream of the log from its begin. `readShape` asks the catalog; it is called after each schema change. */
export function newTransfer(
  settings: CaptureSettings,
  topics: Database,
  start: CapturePosition,
  readShape: () => Promise<TableShape>,
): Transfer {
  const tables = new Map<number, Envelopes>();
  let position = start;
  let open: OpenTransaction | null = null;

  const learn = async (message: LogMessage): Promise<void> => {
    if (message.type !== 'relation' || !isCaptured(message.relation)) return;
    const shape = shapeAt(message.relation.columns, await readShape());
    tables.set(message.relation.oid, envelopesOf(shape, settings));
  };
  const eventsOf = (message: LogMessage, now: bigint): readonly TopicEvent[] => {
    if (!open || !('lsn' in message) || message.type === 'begin') return [];
    const source = { ...open, database: settings.captured.database, snapshot: 'false' as const, lsn: message.lsn };
    return changesOf(message).flatMap(({ oid, change }) => tables.get(oid)?.toEvents(change, source, now) ?? []);
  };

  return {
    async store(messages) {
      const events: TopicEvent[] = [];
      let wholeUpTo: bigint | null = null;
      let newest: OpenTransaction | null = null;
      for (const message of messages) {
        await learn(message);
        if (message.type === 'begin') open = { ...message, beginLsn: message.lsn, index: 0 };
        else if (message.type === 'commit') wholeUpTo = message.endLsn;
        else if (open && message.type !== 'relation') {
          open.index += 1;
          if (isStored(position, open.commitLsn, open.index)) continue;
          events.push(...eventsOf(message, BigInt(Date.now()) * 1_000n));
          newest = open;
          position = { commitLsn: open.commitLsn, index: open.index };
        }
      }
      if (events.length > 0) await write(settings, topics, events, position);
      return { events: events.length, wholeUpTo, committedAt: newest && Number(newest.micros / 1_000n) };
    },
  };
}

function write(settings: CaptureSettings, topics: Database, events: readonly TopicEvent[], position: CapturePosition) {
  return topics.transaction(async (sql) => {
    await append(sql, settings.topic, events, Date.now());
    await writePosition(sql, settings.slot, position);
  });
}

function isCaptured({ schema, name }: { schema: string; name: string }): boolean {
  return schema === CAPTURED_SCHEMA && name === CAPTURED_TABLE;
}

function changesOf(message: LogMessage): { oid: number; change: RowChange }[] {
  switch (message.type) {
    case 'insert':
      return [{ oid: message.oid, change: { op: 'c', after: message.after } }];
    case 'update':
      return [{ oid: message.oid, change: { op: 'u', before: message.before, after: message.after } }];
    case 'delete':
      return [{ oid: message.oid, change: { op: 'd', before: message.before } }];
    case 'truncate':
      return message.oids.map((oid) => ({ oid, change: { op: 't' } }));
    default:
      return [];
  }
}
