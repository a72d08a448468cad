/**
 * Did two owners harm a table? By what an independent reader finds (Python's `deltalake`) and by the log itself:
 *   I1 the batches of all queries tile the topic, and every row is there once;
 *   I3 the versions have no gap, and every file has the stated size and number of rows;
 *   I4 the batches of each query are numbered one by one.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { deltalakePython } from '../../test/support/deltalake.ts';

export interface Verdict {
  readonly versions: number;
  readonly takeOvers: number;
  readonly rows: number;
  readonly lost: number;
  readonly doubled: number;
  /** What does not hold, as sentences that begin with the invariant. */
  readonly broken: readonly string[];
}

interface Reading {
  readonly version: number;
  readonly files: readonly {
    readonly path: string;
    readonly sizes: [number, number];
    readonly rows: [number, number];
  }[];
  readonly rows: readonly string[];
}

interface Commit {
  readonly operation: string;
  readonly txn: { readonly appId: string; readonly version: number } | null;
  readonly ledger: { readonly start: Record<string, string>; readonly end: Record<string, string> } | null;
}

/** @param sent `trans_num` of every record of the topic; `ends` the end of each partition */
export async function judge(
  tables: readonly string[],
  sent: readonly string[],
  ends: Readonly<Record<string, string>>,
): Promise<Verdict[]> {
  const readings = await read(tables);
  return tables.map((table, index) => judgeOne(table, readings[index] as Reading, sent, ends));
}

function judgeOne(
  table: string,
  reading: Reading,
  sent: readonly string[],
  ends: Readonly<Record<string, string>>,
): Verdict {
  const commits = readLog(table);
  const broken = [...checkFiles(reading, commits), ...checkTiles(commits, ends), ...checkNumbers(commits)];
  const found = new Set(reading.rows);
  const takeOvers = commits.filter(({ operation }) => operation === 'TAKE OVER').length;
  const lost = sent.filter((each) => !found.has(each)).length;
  const counts = { versions: commits.length, takeOvers, rows: reading.rows.length, lost };
  return { ...counts, doubled: reading.rows.length - found.size, broken };
}

async function read(tables: readonly string[]): Promise<Reading[]> {
  const script = path.join(import.meta.dirname, 'read_tables.py');
  const options = { maxBuffer: 512 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(await deltalakePython(), [script, ...tables], options);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Reading);
}

function readLog(table: string): Commit[] {
  const folder = path.join(table, '_delta_log');
  const names = readdirSync(folder).filter((name) => /^\d{20}\.json$/.test(name));
  return names.sort().map((name) => {
    const lines = readFileSync(path.join(folder, name), 'utf8').trim().split('\n');
    const actions = lines.map((line) => JSON.parse(line) as Record<string, never>);
    const find = (key: string): never | null => actions.find((each) => key in each)?.[key] ?? null;
    const info = find('commitInfo') as { operation?: string; userMetadata?: string } | null;
    const ledger = info?.userMetadata ? (JSON.parse(info.userMetadata) as Commit['ledger']) : null;
    return { operation: info?.operation ?? '', txn: find('txn'), ledger };
  });
}

function checkFiles({ version, files }: Reading, commits: readonly Commit[]): string[] {
  const gap =
    version === commits.length - 1 ? [] : [`I3: the reader is at version ${version} of ${commits.length - 1}`];
  const wrong = files.filter(({ sizes, rows }) => sizes[0] !== sizes[1] || rows[0] !== rows[1]);
  return [...gap, ...wrong.map((file) => `I3: ${JSON.stringify(file)}`)];
}

function checkTiles(commits: readonly Commit[], ends: Readonly<Record<string, string>>): string[] {
  const broken: string[] = [];
  const next: Record<string, string> = Object.fromEntries(Object.keys(ends).map((partition) => [partition, '0']));
  for (const [version, { ledger }] of commits.entries()) {
    for (const [partition, from] of Object.entries(ledger?.start ?? {})) {
      if (from !== next[partition])
        broken.push(`I1: version ${version} begins partition ${partition} at ${from} instead of ${next[partition]}`);
      next[partition] = ledger?.end[partition] ?? from;
    }
  }
  const short = Object.keys(ends).filter((partition) => next[partition] !== ends[partition]);
  return [...broken, ...short.map((each) => `I1: partition ${each} ends at ${next[each]} instead of ${ends[each]}`)];
}

function checkNumbers(commits: readonly Commit[]): string[] {
  const next = new Map<string, number>();
  return commits.flatMap(({ txn }, version) => {
    if (!txn) return [];
    const wanted = next.get(txn.appId) ?? 0;
    next.set(txn.appId, txn.version + 1);
    return txn.version === wanted ? [] : [`I4: version ${version} holds batch ${txn.version} instead of ${wanted}`];
  });
}
