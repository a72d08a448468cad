import { describe, expect, it } from 'vitest';
import { BRONZE_COLUMNS, FILE_COLUMNS } from '../../../src/pipeline/bronze/rows.ts';
import { parseCommitFile } from '../../../src/pipeline/delta/actions.ts';
import { partitionFolder } from '../../../src/pipeline/delta/path.ts';
import { toSchemaString } from '../../../src/pipeline/delta/schema.ts';
import { openTable } from '../../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { toStats } from '../support/columns.ts';
import {
  GOLDEN_CASES,
  goldenFolder,
  readGoldenAdds,
  readGoldenCommits,
  readGoldenFiles,
  type GoldenRun,
} from '../support/golden.ts';

/** Data files of each run. A release that wrote other ones would be seen here. */
const FILES: Readonly<Record<GoldenRun, number>> = { golden: 112, 'golden-3.4': 125, 'golden-4.0': 125 };

/** What stands behind the beginning of a text that was too long for an upper bound. */
const TIE_BREAKERS: Readonly<Record<GoldenRun, string>> = {
  golden: '\x7f',
  'golden-3.4': '\ufffd',
  'golden-4.0': '\x7f',
};

describe.each(GOLDEN_CASES)('%s, by %s', (run) => {
  it('has statistics that are byte for byte ours for every file, but for the end of long upper bounds in Delta 2.4', () => {
    const adds = readGoldenAdds(run);
    const files = readGoldenFiles(run);
    expect(adds).toHaveLength(FILES[run]);
    for (const { path, stats } of adds) {
      const ours = toStats(FILE_COLUMNS, files.get(path) ?? []).replaceAll('\x7f"', `${TIE_BREAKERS[run]}"`);
      expect(ours, path).toBe(stats);
    }
  });

  it('names the folder of a file after its partition values', () => {
    for (const add of readGoldenAdds(run)) expect(add.path.startsWith(partitionFolder(add.partitionValues))).toBe(true);
  });

  it('declares schema, partitions and protocol as Sluice does, once', () => {
    const actions = readGoldenCommits(run).map((bytes) => parseCommitFile(bytes));
    expect(actions[0]?.find(({ metaData }) => metaData)?.metaData).toMatchObject({
      schemaString: toSchemaString(BRONZE_COLUMNS),
      partitionColumns: ['year', 'month', 'day'],
      configuration: {},
    });
    expect(actions[0]?.find(({ protocol }) => protocol)?.protocol).toEqual({
      minReaderVersion: 1,
      minWriterVersion: 2,
    });
    expect(
      actions
        .slice(1)
        .flat()
        .filter(({ metaData, protocol }) => metaData ?? protocol),
    ).toEqual([]);
  });

  it('is one table with all rows, from the log checkpoint and from the commits alone', async () => {
    const log = goldenFolder(run, 'log');
    const last = readGoldenCommits(run).length - 1;
    const withCheckpoint = await openTable(openLocalStore(log)).refresh();
    expect(withCheckpoint).toMatchObject({ version: last, checkpointVersion: 10 });
    expect([...withCheckpoint.txns.values()]).toEqual([last]);
    const store = openLocalStore(log);
    const list = async (prefix: string) => (await store.list(prefix)).filter(({ key }) => !key.includes('checkpoint'));
    const fromCommits = await openTable({ ...store, list }).refresh();
    expect(fromCommits.files).toEqual(withCheckpoint.files);
    expect(fromCommits.txns).toEqual(withCheckpoint.txns);
    expect([...fromCommits.files.values()].reduce((sum, { rows }) => sum + rows, 0)).toBe(173);
  });
});
