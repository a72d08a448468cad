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
const DEAD_LETTER = { ...ORIGIN, code: 'text', reason: 'text', size: 'text', key: 'bytes', payload: 'bytes' } as const;
const NOTE = { ...ORIGIN, column: 'text', raw: 'text' } as const;

/**
 * Putting the same batch again replaces its files: a re-run is no new letter. When the re-run finds none, because the API
 * or the program has learned to read them, the files of the first try go: their records are rows now.
 */
export function openQuarantine(store: ObjectStore): Quarantine {
  let last: string | null = null;

  async function replace(
    key: string,
    isTriedAgain: boolean,
    rows: number,
    bytes: () => Promise<Buffer>,
  ): Promise<void> {
    if (rows > 0) await store.put(key, await bytes());
    else if (isTriedAgain) await store.delete(key);
  }

  return {
    async put(batch) {
      const { deadLetters, notes } = batch;
      const [letterKey, noteKey] = [fileKey('dead-letters', batch), fileKey('notes', batch)];
      // Only the first batch of a run, and one that is tried again within it, can have left files behind.
      const isTriedAgain = last === null || last === letterKey;
      if (batch.part === undefined) last = letterKey;
      const letters = (): Promise<Buffer> =>
        writeQuarantineFile(
          DEAD_LETTER,
          deadLetters.map((each) => toDeadLetterRow(batch, each)),
        );
      const noted = (): Promise<Buffer> =>
        writeQuarantineFile(
          NOTE,
          notes.map((each) => toNoteRow(batch, each)),
        );
      await replace(letterKey, isTriedAgain, deadLetters.length, letters);
      if (deadLetters.length > 0) {
        await failpoint('b13');
      }
      await replace(noteKey, isTriedAgain, notes.length, noted);
    },
  };
}

export const LETTERS = 'dead-letters/';
export const NOTES = 'notes/';

function fileKey(kind: 'dead-letters' | 'notes', { queryId, batchId, part }: QuarantineBatch): string {
  const late = part === undefined ? '' : `-${part}`;
  return `${kind}/${queryId}/${String(batchId).padStart(10, '0')}${late}.parquet`;
}

function toDeadLetterRow(batch: QuarantineBatch, { record, code, reason }: DeadLetter): QuarantineRow {
  const size = record.value === null ? null : String(record.value.length);
  return { ...toOrigin(batch, record), code, reason, size, key: record.key, payload: record.value };
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
