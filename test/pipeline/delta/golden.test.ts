import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BRONZE_COLUMNS, PARTITION_COLUMNS } from '../../../src/pipeline/bronze/rows.ts';
import { parseCommitFile, type AddAction } from '../../../src/pipeline/delta/actions.ts';
import { partitionFolder } from '../../../src/pipeline/delta/path.ts';
import { toSchemaString, type TableRow } from '../../../src/pipeline/delta/schema.ts';
import { openTable } from '../../../src/pipeline/delta/snapshot.ts';
import { toStats } from '../support/columns.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { FIXTURES } from '../support/records.ts';

const LOG = path.join(FIXTURES, 'golden', 'log');
const ROWS = readJson('rows.json') as Record<string, string | number | null>[];
const FILES = readJson('files.json') as Record<string, number[]>;
const FILE_COLUMNS = BRONZE_COLUMNS.filter(({ name }) => !PARTITION_COLUMNS.some((each) => each === name));

describe('statistics', () => {
  it('are byte for byte those that Delta 3.3 wrote for every file of the golden table', () => {
    const adds = readAdds();
    expect(adds.length).toBeGreaterThan(100);
    const checked = adds.map((add) => [toStats(FILE_COLUMNS, rowsOf(add)), add.stats]);
    for (const [ours, spark] of checked) expect(ours).toBe(spark);
  });

  it('of a folder are those of its add action', () => {
    for (const add of readAdds()) expect(add.path.startsWith(partitionFolder(add.partitionValues))).toBe(true);
  });
});

it('declares the schema as Spark does', () => {
  const actions = parseCommitFile(readFileSync(path.join(LOG, '_delta_log', '00000000000000000000.json')));
  expect(actions.find(({ metaData }) => metaData)?.metaData?.schemaString).toBe(toSchemaString(BRONZE_COLUMNS));
});

describe('a snapshot of the golden table', () => {
  it('is the same from the log checkpoint and from the commits alone', async () => {
    const withCheckpoint = await openTable(openLocalStore(LOG)).refresh();
    expect(withCheckpoint).toMatchObject({ version: 11 });
    expect(withCheckpoint.txns).toEqual(new Map([['c5bf0e66-abe1-4b98-948d-161b3155fbbd', 11]]));
    const store = openLocalStore(LOG);
    const list = async (prefix: string) => (await store.list(prefix)).filter(({ key }) => !key.includes('checkpoint'));
    const fromCommits = await openTable({ ...store, list }).refresh();
    expect(fromCommits.files).toEqual(withCheckpoint.files);
    expect(fromCommits.txns).toEqual(withCheckpoint.txns);
    expect([...fromCommits.files.values()].reduce((sum, { rows }) => sum + rows, 0)).toBe(173);
  });
});

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(path.join(FIXTURES, 'golden', name), 'utf8'));
}

function readAdds(): AddAction[] {
  const folder = path.join(LOG, '_delta_log');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.flatMap((name) =>
    parseCommitFile(readFileSync(path.join(folder, name))).flatMap(({ add }) => (add ? [add] : [])),
  );
}

/** The rows of one golden file as Sluice would hold them. */
function rowsOf(add: AddAction): TableRow[] {
  return (FILES[add.path] ?? []).map((at) => toRow(ROWS[at] ?? {}));
}

function toRow(golden: Record<string, string | number | null>): TableRow {
  return Object.fromEntries(
    FILE_COLUMNS.map(({ name, type }) => {
      const value = golden[name] ?? null;
      if (value === null) return [name, null];
      if (type === 'long' || type === 'timestamp') return [name, BigInt(value)];
      return [name, type === 'double' ? Number(value) : value];
    }),
  );
}
