/** Where records go that give no row: one file per batch, under a name that the batch determines. */
import { failpoint } from '../failpoints.ts';
import type { ObjectStore, TopicRecord } from '../ports.ts';
import type { DeadLetter, NotedRecord, Quarantine, QuarantineBatch } from './dead-letter.ts';
import { writeQuarantineFile, type QuarantineColumn, type QuarantineRow } from './parquet.ts';

const ORIGIN: Readonly<Record<string, QuarantineColumn>> = {
  cluster: 'text',
  topic: 'text',
  partition: 'text',
  offset: 'text',
  recorded_at_ms: 'text',
  query_id: 'text',
  batch_id: 'text',
};
const DEAD_LETTER = { ...ORIGIN, code: 'text', reason: 'text', key: 'bytes', payload: 'bytes' } as const;
const NOTE = { ...ORIGIN, column: 'text', raw: 'text' } as const;

/** Putting the same batch again replaces its files: a re-run is no new letter. */
export function openQuarantine(store: ObjectStore): Quarantine {
  return {
    async put(batch) {
      const { deadLetters, notes } = batch;
      if (deadLetters.length > 0) {
        const rows = deadLetters.map((letter) => toDeadLetterRow(batch, letter));
        await store.put(fileKey('dead-letters', batch), await writeQuarantineFile(DEAD_LETTER, rows));
        await failpoint('b13');
      }
      if (notes.length > 0) {
        const rows = notes.map((noted) => toNoteRow(batch, noted));
        await store.put(fileKey('notes', batch), await writeQuarantineFile(NOTE, rows));
      }
    },
  };
}

function fileKey(kind: 'dead-letters' | 'notes', { queryId, batchId, part }: QuarantineBatch): string {
  const late = part === undefined ? '' : `-${part}`;
  return `${kind}/${queryId}/${String(batchId).padStart(10, '0')}${late}.parquet`;
}

function toDeadLetterRow(batch: QuarantineBatch, { record, code, reason }: DeadLetter): QuarantineRow {
  return { ...toOrigin(batch, record), code, reason, key: record.key, payload: record.value };
}

function toNoteRow(batch: QuarantineBatch, { record, note }: NotedRecord): QuarantineRow {
  return { ...toOrigin(batch, record), column: note.column, raw: note.raw };
}

function toOrigin(batch: QuarantineBatch, record: TopicRecord): QuarantineRow {
  return {
    cluster: batch.clusterId,
    topic: batch.topic,
    partition: String(record.partition),
    offset: record.offset.toString(),
    recorded_at_ms: String(record.timestamp),
    query_id: batch.queryId,
    batch_id: String(batch.batchId),
  };
}
