import { expect, it } from 'vitest';
import { collect } from '../../../src/pipeline/bronze/collect.ts';
import type { RecordChunk } from '../../../src/pipeline/ports.ts';
import { afterOf, envelope, record } from '../support/records.ts';

/** A chunk whose bytes are written over once it is released, as a source does. */
function chunkOf(values: readonly string[], first: bigint): RecordChunk & { readonly isReleased: () => boolean } {
  const records = values.map((value, at) => record(0, first + BigInt(at), value));
  let released = false;
  const release = (): void => {
    released = true;
    for (const { value } of records) value?.fill(0xee);
  };
  return Object.assign(records, { release, isReleased: () => released });
}

it('has copied all that it keeps of a chunk when it says so', async () => {
  const bent = envelope({ ...afterOf(1), zip: 'no number' });
  const chunks = [chunkOf([envelope(afterOf(0)), 'garbage', bent], 0n), chunkOf(['more garbage'], 3n)];
  const batch = {
    id: 0,
    timestamp: 0,
    queryId: 'q',
    topic: 't',
    clusterId: 'c',
    range: { start: new Map(), end: new Map() },
    gaps: [],
    records: (async function* () {
      for (const [at, chunk] of chunks.entries()) {
        expect(chunks.map((each) => each.isReleased())).toEqual([at > 0, false]);
        yield chunk;
      }
    })(),
  };
  const { rows, deadLetters, notes } = await collect(batch, null);
  expect(chunks.every((each) => each.isReleased())).toBe(true);
  expect(rows).toBe(2);
  expect(deadLetters.map((each) => String(each.record.value))).toEqual(['garbage', 'more garbage']);
  expect(notes.map(({ record: { offset }, note }) => [offset, note.column, note.raw])).toEqual([
    [2n, 'zip', 'no number'],
  ]);
});
