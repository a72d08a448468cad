/** Sluice takes over what other releases of Spark wrote: byte for byte, and their settings stay in the checkpoint. */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  COMMIT_BYTES,
  parseInitial,
  parseMetadata,
  parseOffsets,
  serializeInitial,
  serializeMetadata,
  serializeOffsets,
  type Parsed,
} from '../../../src/pipeline/checkpoint/format.ts';
import { readCommit, openTable } from '../../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { openBench, type Bench } from '../support/bench.ts';
import { memorySource } from '../support/memory-source.ts';
import { afterOf, envelope, FIXTURES, goldenRecords } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const RECORDS = 14n;
const RELEASES = readdirSync(FIXTURES).filter((name) => /^golden-\d/.test(name));

it('knows the releases before and after the one of the large golden run', () => {
  expect(RELEASES).toEqual(['golden-3.4', 'golden-4.0']);
});

describe.each(RELEASES)('%s', (release) => {
  const folder = path.join(FIXTURES, release, 'checkpoint');
  const bytes = (key: string): Buffer => readFileSync(path.join(folder, key));
  const batches = readdirSync(path.join(folder, 'offsets')).filter((name) => /^\d+$/.test(name));
  const last = batches.length - 1;
  const queryId = valueOf(parseMetadata(bytes('metadata')));

  it('comes out byte for byte after being read, but for the order of partitions in Spark 4', () => {
    expect(serializeMetadata(queryId)).toEqual(bytes('metadata'));
    const initial = serializeInitial(valueOf(parseInitial(bytes('sources/0/0'), 'sources/0/0')));
    expect(inOrder(initial)).toBe(inOrder(bytes('sources/0/0')));
    expect(batches.length).toBeGreaterThan(10);
    for (const batch of batches) {
      const spark = bytes(`offsets/${batch}`);
      const ours = serializeOffsets(valueOf(parseOffsets(spark, batch)));
      expect(release === 'golden-3.4' ? ours.toString() : inOrder(ours)).toBe(
        release === 'golden-3.4' ? spark.toString() : inOrder(spark),
      );
      expect(COMMIT_BYTES).toEqual(bytes(`commits/${batch}`));
    }
  });

  it('has checksums that fit', async () => {
    const store = openLocalStore(folder);
    for (const { key } of await store.list('')) expect(await store.findDamage?.(key, bytes(key)), key).toBeNull();
  });

  it('is one table, from its log checkpoint and from its commits alone', async () => {
    const log = path.join(FIXTURES, release, 'log');
    const withCheckpoint = await openTable(openLocalStore(log)).refresh();
    expect(withCheckpoint).toMatchObject({ version: last, checkpointVersion: 10 });
    expect(withCheckpoint.txns).toEqual(new Map([[queryId, last]]));
    const store = openLocalStore(log);
    const list = async (prefix: string) => (await store.list(prefix)).filter(({ key }) => !key.includes('checkpoint'));
    const fromCommits = await openTable({ ...store, list }).refresh();
    expect(fromCommits.files).toEqual(withCheckpoint.files);
    expect(fromCommits.txns).toEqual(withCheckpoint.txns);
  });

  it('goes on with the next batch, and nothing that Spark wrote is changed', async () => {
    const bench = takeOver(release);
    const before = readAll(bench);
    await bench.run('all');
    expect(bench.progress).toMatchObject([{ batchId: last + 1, numInputRows: 1 }]);
    const after = readAll(bench);
    for (const [key, content] of before) expect(after.get(key), key).toEqual(content);
    const next = valueOf(parseOffsets(after.get(`checkpoint/offsets/${last + 1}`) ?? Buffer.alloc(0), 'x'));
    expect(next.conf).toEqual(valueOf(parseOffsets(bytes(`offsets/${last}`), 'x')).conf);
    const actions = await readCommit(bench.table, last + 1);
    expect(actions?.find(({ txn }) => txn)?.txn).toMatchObject({ appId: queryId, version: last + 1 });
  });
});

/** The folders of the release, and the topic that it read with one record more. */
function takeOver(release: string): Bench {
  const root = tempFolder();
  cpSync(path.join(FIXTURES, release, 'checkpoint'), path.join(root, 'checkpoint'), { recursive: true });
  cpSync(path.join(FIXTURES, release, 'log'), path.join(root, 'table'), { recursive: true });
  const entry = valueOf(parseOffsets(readFileSync(path.join(root, 'checkpoint', 'offsets', '0')), 'offsets/0'));
  const source = memorySource(3, entry.topic);
  source.appendRecords(goldenRecords().filter(({ offset }) => offset < RECORDS));
  source.append(0, [envelope(afterOf(1))]);
  return openBench(root, source);
}

/** Every file below the root but those of a log checkpoint that comes later, and Sluice's own. */
function readAll({ root }: Bench): Map<string, Buffer> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const keys = names.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  return new Map(keys.map((key) => [key, readFileSync(path.join(root, key))]));
}

/** Spark 4 lists partitions rising, Spark 3 and Sluice falling; all read any order. */
function inOrder(content: Buffer): string {
  const sort = (list: string): string => list.split(',').sort().join(',');
  return content.toString().replace(/(?<=\{)"\d+":\d+(,"\d+":\d+)*(?=\})/g, sort);
}

function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}
