/** Sluice takes over what other releases of Spark wrote: byte for byte, and their settings stay in the checkpoint. */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  COMMIT_BYTES,
  parseInitial,
  parseMetadata,
  parseOffsets,
  serializeInitial,
  serializeMetadata,
  serializeOffsets,
  SPARK_CONF,
  type Parsed,
} from '../../../src/pipeline/checkpoint/format.ts';
import { parseCommitFile } from '../../../src/pipeline/delta/actions.ts';
import { readCommit } from '../../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { openBench, type Bench } from '../support/bench.ts';
import { GOLDEN_CASES, GOLDEN_RUNS, goldenFolder, type GoldenRun } from '../support/golden.ts';
import { memorySource } from '../support/memory-source.ts';
import { afterOf, envelope, FIXTURES, goldenRecords } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

/** Settings that a release pins and 3.5 does not, those that it does not pin, and how it lists partitions. */
const TRAITS: Readonly<Record<GoldenRun, Traits>> = {
  golden: { more: {}, less: [], partitions: 'falling', shuffles: '8' },
  'golden-3.4': {
    more: {},
    less: ['spark.sql.optimizer.pruneFiltersCanPruneStreamingSubplan'],
    partitions: 'falling',
    shuffles: '200',
  },
  'golden-4.0': {
    more: { 'spark.sql.streaming.stateStore.encodingFormat': 'unsaferow' },
    less: [],
    partitions: 'rising',
    shuffles: '200',
  },
};

interface Traits {
  readonly more: Readonly<Record<string, string>>;
  readonly less: readonly string[];
  readonly partitions: 'falling' | 'rising';
  /** Of the session, not of the release. */
  readonly shuffles: string;
}

it('knows every golden run that is kept', () => {
  expect(readdirSync(FIXTURES).filter((name) => name.startsWith('golden'))).toEqual(Object.keys(GOLDEN_RUNS));
});

describe.each(GOLDEN_CASES)('%s, by %s', (run) => {
  const { more, less, partitions, shuffles } = TRAITS[run];
  const folder = goldenFolder(run, 'checkpoint');
  const bytes = (key: string): Buffer => readFileSync(path.join(folder, key));
  const batches = readdirSync(path.join(folder, 'offsets')).filter((name) => /^\d+$/.test(name));
  const last = batches.length - 1;
  const queryId = valueOf(parseMetadata(bytes('metadata')));

  it('comes out byte for byte after being read, but for the order of partitions in Spark 4', () => {
    const asSpark = (ours: Buffer): string => (partitions === 'rising' ? rising(ours) : ours.toString());
    expect(serializeMetadata(queryId)).toEqual(bytes('metadata'));
    const initial = serializeInitial(valueOf(parseInitial(bytes('sources/0/0'), 'sources/0/0')));
    expect(asSpark(initial)).toBe(bytes('sources/0/0').toString());
    expect(batches.length).toBeGreaterThan(10);
    for (const batch of batches) {
      const spark = bytes(`offsets/${batch}`);
      expect(asSpark(serializeOffsets(valueOf(parseOffsets(spark, batch))))).toBe(spark.toString());
      expect(COMMIT_BYTES).toEqual(bytes(`commits/${batch}`));
    }
  });

  it('pins the settings of its release', () => {
    const expected = { ...SPARK_CONF, ...more, 'spark.sql.shuffle.partitions': shuffles };
    const pinned = Object.fromEntries(Object.entries(expected).filter(([name]) => !less.includes(name)));
    for (const batch of batches) expect(valueOf(parseOffsets(bytes(`offsets/${batch}`), batch)).conf).toEqual(pinned);
  });

  it('has checksums that fit', async () => {
    const store = openLocalStore(folder);
    for (const { key } of await store.list('')) expect(await store.findDamage?.(key, bytes(key)), key).toBeNull();
  });

  it('goes on with the next batch, and nothing that Spark wrote is changed', async () => {
    const bench = takeOver(run);
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

describe('the batch after a take-over', () => {
  afterEach(() => void vi.useRealTimers());

  it('is written with the same bytes whichever release was before, but for its settings', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 11, 1) });
    const after = {
      golden: await written('golden'),
      old: await written('golden-3.4'),
      new: await written('golden-4.0'),
    };
    expect(after.golden).toMatchObject({
      offsets: 'v1\n{"batchWatermarkMs":0,"batchTimestampMs":1796083200000}\n{"<topic>":{"2":56,"1":79,"0":78}}',
      actions: ['commitInfo', 'txn', 'add'],
    });
    expect(after.old).toEqual(after.golden);
    expect(after.new).toEqual(after.golden);
  });
});

/** All that a batch of one record leaves behind, without settings, ids and numbers of batches. */
async function written(run: GoldenRun) {
  const bench = takeOver(run);
  const before = readAll(bench);
  await bench.run('all');
  const created = [...readAll(bench)].filter(([key]) => !before.has(key) && !/\.crc$|_sluice/.test(key));
  const of = (pattern: RegExp): Buffer[] => created.filter(([key]) => pattern.test(key)).map(([, content]) => content);
  const [offsets, commits, log, data] = [/\/offsets\//, /\/commits\//, /_delta_log/, /\.parquet$/].map(of);
  const neutral = (content: Buffer | undefined): string =>
    (content ?? '')
      .toString()
      .replace(/,"conf":\{[^}]*\}/, '')
      .replace(/topic-1|golden\.public\.transactions/g, '<topic>')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replace(/("(?:epochId|version|readVersion|batchId)\\?":"?)\d+/g, '$1<n>');
  return {
    files: [created.length, offsets?.length, commits?.length, log?.length, data?.length],
    offsets: neutral(offsets?.[0]),
    commits: commits?.[0]?.toString(),
    log: neutral(log?.[0]),
    actions: parseCommitFile(log?.[0] ?? Buffer.alloc(0)).flatMap((action) => Object.keys(action)),
    data: createHash('sha256')
      .update(data?.[0] ?? '')
      .digest('hex'),
  };
}

/** The folders of the run, and the topic that it read with one record more. */
function takeOver(run: GoldenRun): Bench {
  const root = tempFolder();
  cpSync(goldenFolder(run, 'checkpoint'), path.join(root, 'checkpoint'), { recursive: true });
  cpSync(goldenFolder(run, 'log'), path.join(root, 'table'), { recursive: true });
  const entry = valueOf(parseOffsets(readFileSync(path.join(root, 'checkpoint', 'offsets', '0')), 'offsets/0'));
  const source = memorySource(3, entry.topic);
  source.appendRecords(goldenRecords());
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
function rising(ours: Buffer): string {
  const turn = (list: string): string => list.split(',').reverse().join(',');
  return ours.toString().replace(/(?<=\{)"\d+":\d+(,"\d+":\d+)*(?=\})/g, turn);
}

function valueOf<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}
