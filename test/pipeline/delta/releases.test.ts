/** What each release of Spark and Delta does in its own way in the log of the table; in all else they write the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkpointContent, writeCheckpoint } from '../../../src/pipeline/delta/checkpoint.ts';
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import { checkpointKey, LAST_CHECKPOINT } from '../../../src/pipeline/delta/path.ts';
import { openTable } from '../../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { GOLDEN_CASES, goldenFolder, readGoldenCommits, type GoldenRun } from '../support/golden.ts';

type Json = Record<string, unknown>;

const FILE_FIELDS = ['path', 'partitionValues', 'size', 'modificationTime', 'dataChange', 'tags', 'deletionVector'];
const ROW_IDS = ['baseRowId', 'defaultRowCommitVersion'];
const REMOVE_FIELDS = [
  'path',
  'deletionTimestamp',
  'dataChange',
  'extendedFileMetadata',
  'partitionValues',
  'size',
  'deletionVector',
];
const STATS = ['stats', 'partitionValues_parsed'];

const DELTA_3_3 = {
  engine: 'Apache-Spark/3.5.7 Delta-Lake/3.3.2',
  firstCommit: ['commitInfo', 'metaData', 'protocol', 'txn'],
  metrics: ['numRemovedFiles', 'numOutputRows', 'numOutputBytes', 'numAddedFiles'],
  checkpoint: {
    txn: ['appId', 'version', 'lastUpdated'],
    add: [...FILE_FIELDS, ...ROW_IDS, 'clusteringProvider', ...STATS],
    remove: [...REMOVE_FIELDS, ...ROW_IDS],
    metaData: [
      'id',
      'name',
      'description',
      'format',
      'schemaString',
      'partitionColumns',
      'configuration',
      'createdTime',
    ],
    protocol: ['minReaderVersion', 'minWriterVersion', 'readerFeatures', 'writerFeatures'],
    domainMetadata: ['domain', 'configuration', 'removed'],
  },
};
const { domainMetadata: _without, ...CHECKPOINT_2_4 } = DELTA_3_3.checkpoint;

const TRAITS: Readonly<Record<GoldenRun, object>> = {
  golden: DELTA_3_3,
  'golden-3.4': {
    ...DELTA_3_3,
    engine: 'Apache-Spark/3.4.4 Delta-Lake/2.4.0',
    firstCommit: ['commitInfo', 'protocol', 'metaData', 'txn'],
    checkpoint: { ...CHECKPOINT_2_4, add: [...FILE_FIELDS, ...STATS], remove: REMOVE_FIELDS },
  },
  'golden-4.0': {
    ...DELTA_3_3,
    engine: 'Apache-Spark/4.0.0 Delta-Lake/4.0.0',
    metrics: ['numRemovedFiles', 'numAddedFiles', 'numOutputRows', 'numOutputBytes'],
  },
};

describe.each(GOLDEN_CASES)('%s, by %s', (run) => {
  it('has the order of its actions and metrics, and the columns of its log checkpoint', () => {
    expect(traitsOf(run)).toEqual(TRAITS[run]);
  });

  it('is like 3.5 in everything else', () => {
    const shapes = shapesOf(run);
    expect([...shapes].filter((shape) => shape.startsWith('{"add"'))).toHaveLength(1);
    expect(shapes).toEqual(shapesOf('golden'));
  });

  it('becomes a log checkpoint of ours with no table feature and no column that another release does not know', async () => {
    const log = goldenFolder(run, 'log');
    const written = new Map<string, Buffer>();
    const put = async (key: string, bytes: Buffer): Promise<void> => void written.set(key, bytes);
    const snapshot = await openTable(openLocalStore(log)).refresh();
    await writeCheckpoint({ ...openLocalStore(log), put }, checkpointContent(snapshot, 0));
    const rows = await readParquet(written.get(checkpointKey(snapshot.version)) ?? Buffer.alloc(0));
    const known: Readonly<Record<string, readonly string[]>> = traitsOf('golden-3.4').checkpoint;
    for (const [name, fields] of rows.flatMap((row) => Object.entries(row))) {
      expect(Object.keys(known)).toContain(name);
      expect(known[name]).toEqual(expect.arrayContaining(Object.keys(fields ?? {})));
    }
    expect(rows.map(({ protocol }) => protocol).filter(Boolean)).toEqual([
      expect.objectContaining({ minReaderVersion: 1, minWriterVersion: 2 }),
    ]);
    expect(rows.filter(({ add }) => add)).toHaveLength(snapshot.files.size);
  });
});

/** What a release does in its own way. */
function traitsOf(run: GoldenRun) {
  const commits = readActions(run);
  const infos = commits.map((actions) => actions[0]?.['commitInfo'] as Json);
  const { checkpointSchema } = JSON.parse(readFileSync(goldenFolder(run, 'log', LAST_CHECKPOINT), 'utf8')) as {
    checkpointSchema: { fields: { name: string; type: { fields: { name: string }[] } }[] };
  };
  const fields = checkpointSchema.fields.map(({ name, type }) => [name, type.fields.map((each) => each.name)]);
  return {
    engine: only(infos.map(({ engineInfo }) => engineInfo)),
    firstCommit: commits[0]?.flatMap((action) => Object.keys(action)).filter((name) => name !== 'add'),
    metrics: only(infos.map(({ operationMetrics }) => Object.keys(operationMetrics as Json))),
    checkpoint: Object.fromEntries(fields) as Record<string, string[]>,
  };
}

/** The one value that all have. */
function only<T>(values: readonly T[]): T | undefined {
  expect(new Set(values.map((value) => JSON.stringify(value))).size).toBe(1);
  return values[0];
}

/** The kinds of lines, without what is of the run, of a batch or of a file, and without the traits. */
function shapesOf(run: GoldenRun): Set<string> {
  const lines = readActions(run).flat().map(withoutTraits);
  return new Set(
    lines.map((line) => JSON.stringify(line, (key, value: unknown) => (OWN.has(key) ? typeof value : value))),
  );
}

/** Ids, times, places and counts. */
const OWN = new Set(
  'id createdTime timestamp queryId epochId txnId appId version readVersion lastUpdated path size modificationTime stats partitionValues'
    .split(' ')
    .concat(DELTA_3_3.metrics),
);

function withoutTraits({ commitInfo, ...rest }: Json): Json {
  if (!commitInfo) return rest;
  const { engineInfo: _, operationMetrics, ...info } = commitInfo as Json;
  const metrics = Object.entries(operationMetrics as Json).sort(([a], [b]) => (a < b ? -1 : 1));
  return { commitInfo: { ...info, metrics: Object.fromEntries(metrics) } };
}

function readActions(run: GoldenRun): Json[][] {
  return readGoldenCommits(run).map((bytes) =>
    bytes
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Json),
  );
}
