import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/pipeline/ports.ts';
import type { DeadLetter } from '../../../src/pipeline/quarantine/dead-letter.ts';
import { openReader } from '../../../src/pipeline/quarantine/reader.ts';
import { openReplayLog } from '../../../src/pipeline/quarantine/replays.ts';
import { openQuarantine } from '../../../src/pipeline/quarantine/store.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { record, TOPIC } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const CARD = '4992346398065154184';
const letter = (
  partition: number,
  offset: bigint,
  value: string,
  code: DeadLetter['code'] = 'NOT_JSON',
): DeadLetter => {
  return { record: record(partition, offset, value), code, reason: 'the value is not JSON from position 3 on' };
};
const BATCH = { queryId: 'q', batchId: 7, clusterId: 'c', topic: TOPIC, deadLetters: [], notes: [] };

function openStores() {
  const stores = { bronze: openLocalStore(tempFolder()), alert: openLocalStore(tempFolder()) };
  return { stores, bronze: openQuarantine(stores.bronze), alert: openQuarantine(stores.alert) };
}

describe('the quarantine, read back', () => {
  it('is one entry for each record, whoever found it, the newest first, counted by reason', async () => {
    const { stores, bronze, alert } = openStores();
    await bronze.put({ ...BATCH, deadLetters: [letter(3, 80_771n, '{"a"x'), letter(0, 5n, '{"b"x')] });
    await alert.put({
      ...BATCH,
      queryId: 'a',
      batchId: 9,
      deadLetters: [letter(3, 80_771n, '{"a"x'), letter(1, 9n, '{}', 'NO_KEY')],
    });
    const reader = openReader(stores);
    expect(await reader.count()).toMatchObject({
      records: 3,
      waiting: 3,
      both: 1,
      bronzeOnly: 1,
      alertOnly: 1,
      reasons: [
        { code: 'NOT_JSON', records: 2, waiting: 2 },
        { code: 'NO_KEY', records: 1, waiting: 1 },
      ],
      files: 2,
      unreadFiles: 0,
    });
    const { rows, total } = await reader.list({ query: 'all' }, 0, 2);
    expect(total).toBe(3);
    expect(rows.map(({ partition, offset, found }) => [partition, offset, found.map(({ query }) => query)])).toEqual([
      [3, '80771', ['bronze', 'alert']],
      [1, '9', ['alert']],
    ]);
    expect((await reader.list({ query: 'bronze', reason: 'NOT_JSON' }, 1, 200)).rows).toMatchObject([{ offset: '5' }]);
    expect((await reader.list({ query: 'all', ids: [rows[1]?.id ?? '', 'p9-9-x'] }, 0, 9)).rows).toEqual([rows[1]]);
  });

  it('tells of a batch that was put again what it holds now, and nothing of one that has no letters any more', async () => {
    const { stores, bronze } = openStores();
    const reader = openReader(stores);
    const note = { record: record(0, 1n, '{}'), note: { column: 'zip', raw: '12x' } } as const;
    await bronze.put({ ...BATCH, deadLetters: [letter(0, 1n, 'x'), letter(0, 2n, 'y')], notes: [note] });
    expect(await reader.count()).toMatchObject({ records: 2, files: 2, notes: [{ column: 'zip', notes: 1 }] });
    // The same run tries the batch again, and a later run finds it open with a program that reads everything.
    await bronze.put({ ...BATCH, deadLetters: [letter(0, 2n, 'y')] });
    expect(await reader.count()).toMatchObject({ records: 1, files: 1, notes: [] });
    await openQuarantine(stores.bronze).put(BATCH);
    expect(await reader.count()).toMatchObject({ records: 0, files: 0 });
  });

  it('leaves the letters of other batches alone when a batch has none', async () => {
    const { stores, bronze } = openStores();
    await bronze.put({ ...BATCH, batchId: 1, deadLetters: [letter(0, 1n, 'x')] });
    await bronze.put({ ...BATCH, batchId: 2 });
    await bronze.put({ ...BATCH, batchId: 3 });
    expect(await openReader(stores).count()).toMatchObject({ records: 1 });
  });

  it('shows one letter whole and masked, from where reading ended', async () => {
    const { stores, bronze } = openStores();
    const value = `{"pad":"${'x'.repeat(200)}","cc_num":${CARD},,`;
    const reason = `the value is not JSON from position ${value.length - 1} on`;
    await bronze.put({ ...BATCH, deadLetters: [{ ...letter(2, 7n, value), reason }] });
    const reader = openReader(stores);
    const id = (await reader.list({ query: 'all' }, 0, 1)).rows[0]?.id ?? '';
    const shown = await reader.show(id, null);
    expect(shown).toMatchObject({ faultAt: value.length - 1, from: 160, masked: true, key: '{"n":7}' });
    expect(shown?.text).toContain('"cc_num":•••••••••••••••4184,,');
    expect(JSON.stringify(shown)).not.toContain(CARD.slice(0, 8));
    expect((await reader.show(id, 0, 32))?.rows.map(({ text }) => text)).toEqual(['{"pad":"xxxxxxxx', 'x'.repeat(16)]);
    expect(await reader.show('p0-0-none', null)).toBeNull();
  });

  it('pages notes over files, newest batch first, by column', async () => {
    const { stores, bronze } = openStores();
    for (const batchId of [1, 2, 3]) {
      const notes = [0, 1, 2].map((each) => ({
        record: record(0, BigInt(batchId * 10 + each), '{}'),
        note: { column: each === 2 ? 'amt' : 'zip', raw: each === 1 ? CARD : `${batchId}.${each}` },
      })) as never;
      await bronze.put({ ...BATCH, batchId, notes });
    }
    const reader = openReader(stores);
    const offsets = async (column: string | undefined, from: number, limit: number) => {
      const page = await reader.notes(column, from, limit);
      return [page.total, page.rows.map(({ offset }) => offset).join()];
    };
    expect(await offsets(undefined, 0, 4)).toEqual([9, '30,31,32,20']);
    expect(await offsets('zip', 1, 3)).toEqual([6, '31,20,21']);
    expect(await offsets('zip', 5, 3)).toEqual([6, '11']);
    expect(await offsets('merchant', 0, 3)).toEqual([0, '']);
    expect((await reader.notes('zip', 1, 1)).rows).toMatchObject([{ raw: '•••••••••••••••4184', batchId: 3 }]);
  });

  it('marks what was replayed, with its version', async () => {
    const { stores, bronze } = openStores();
    await bronze.put({ ...BATCH, deadLetters: [letter(0, 1n, 'x'), letter(0, 2n, 'y')] });
    const done = {
      number: 1,
      queryId: 'q',
      cluster: 'c',
      topic: TOPIC,
      timestamp: 1_000,
      offsets: { 0: ['2'] },
      deltaVersion: 12,
    };
    await openReplayLog(stores.bronze).finish(done);
    const reader = openReader(stores);
    expect(await reader.count()).toMatchObject({ records: 2, waiting: 1 });
    const { rows } = await reader.list({ query: 'all' }, 0, 9);
    expect(rows.map(({ found }) => found[0]?.replayed)).toEqual([{ at: 1_000, deltaVersion: 12 }, null]);
  });

  it('counts a damaged file and shows the others', async () => {
    const { stores, bronze } = openStores();
    await bronze.put({ ...BATCH, deadLetters: [letter(0, 1n, 'x')] });
    await stores.bronze.put('dead-letters/q/0000000008.parquet', Buffer.from('PAR1 cut'));
    expect(await openReader(stores).count()).toMatchObject({ records: 1, files: 2 });
  });
});

describe('the index', () => {
  it('reads each file once, also in a later process', async () => {
    const { stores, bronze } = openStores();
    const count = 205;
    for (let batchId = 0; batchId < count; batchId += 1)
      await bronze.put({ ...BATCH, batchId, deadLetters: [letter(0, BigInt(batchId), 'x')] });
    const first = counting(stores.bronze);
    await openReader({ ...stores, bronze: first.store }).count();
    expect(first.reads()).toBe(count);
    await bronze.put({ ...BATCH, batchId: count, deadLetters: [letter(0, 999n, 'x')] });
    const second = counting(stores.bronze);
    const reader = openReader({ ...stores, bronze: second.store });
    expect(await reader.count()).toMatchObject({ records: count + 1 });
    expect(await reader.count()).toMatchObject({ records: count + 1 });
    expect(second.reads()).toBe(1);
  });

  it('is read anew when it is damaged', async () => {
    const { stores, bronze } = openStores();
    await bronze.put({ ...BATCH, deadLetters: [letter(0, 1n, 'x')] });
    await stores.bronze.put('_index.json', Buffer.from('{"format":2,"files":[{'));
    expect(await openReader(stores).count()).toMatchObject({ records: 1 });
  });
});

/** Counts the quarantine files that are read. */
function counting(store: ObjectStore): { store: ObjectStore; reads: () => number } {
  let reads = 0;
  const get = (key: string): Promise<Buffer | null> => {
    if (key.endsWith('.parquet')) reads += 1;
    return store.get(key);
  };
  return { store: { ...store, get }, reads: () => reads };
}
