/**
 * Did anything get lost, doubled or bent? Judges a Bronze table against what was sent, by the invariants
 *   I1 every offset is a row, a dead letter or a declared skip of exactly one batch, and the batches tile the topic;
 *   I2 every row is in the table once, with its digits and the time of its batch;
 *   I3 the log has no gap, and every file is there with the stated size and number of rows;
 *   I4 the batches of the query are numbered without a gap.
 * It reads the log, the checkpoint and the quarantine by itself and trusts no count of Sluice.
 */
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import type { ObjectStore } from '../../../src/pipeline/ports.ts';
import type { Sent } from './workload.ts';

/** One row as the reader of the table gives it. */
export interface SeenRow {
  readonly transNum: string | null;
  readonly ccNum: string | null;
  /** µs since 1970. */
  readonly ingestedAt: bigint;
}

export interface Evidence {
  readonly sent: Iterable<Sent>;
  readonly rows: readonly SeenRow[];
  /** Rows by the footer of each live file, by its key. */
  readonly fileRows: ReadonlyMap<string, number>;
  readonly table: ObjectStore;
  readonly checkpoint: ObjectStore;
  readonly quarantine: ObjectStore;
}

export interface Verdict {
  readonly rows: number;
  readonly deadLetters: number;
  readonly skips: number;
  readonly batches: number;
  readonly lost: number;
  readonly doubled: number;
  /** Rows that nobody sent. */
  readonly foreign: number;
  /** Rows with other digits, or with a time that is not their batch's. */
  readonly bent: number;
  /** Everything else that does not hold, as sentences that begin with the invariant. */
  readonly broken: readonly string[];
}

export const isSound = ({ lost, doubled, foreign, bent, broken }: Verdict): boolean =>
  lost + doubled + foreign + bent + broken.length === 0;

export async function judge(evidence: Evidence): Promise<Verdict> {
  const broken: string[] = [];
  const commits = await readLog(evidence.table, broken);
  checkNumbers(commits, broken);
  await checkFiles(evidence, commits, broken);
  const times = await readTimes(evidence.checkpoint, commits, broken);
  const ledger = openLedger(commits, broken);
  const expected = new Map<string, { ccNum: string; batch: number }>();
  const dead = new Map<string, Buffer | null>();
  let skips = 0;
  for (const { partition, offset, kind, transNum, ccNum, value } of evidence.sent) {
    const batch = ledger.account(partition, offset, kind);
    if (kind === 'row') expected.set(transNum, { ccNum, batch });
    if (kind === 'dead') dead.set(`${partition}:${offset}`, value);
    if (kind === 'skip') skips += 1;
  }
  ledger.close();
  await checkDeadLetters(evidence.quarantine, dead, broken);
  const counts = countRows(evidence.rows, expected, times);
  return { rows: evidence.rows.length, deadLetters: dead.size, skips, batches: commits.length, ...counts, broken };
}

interface Ledger {
  readonly batchId: number;
  readonly start: Readonly<Record<string, string>>;
  readonly end: Readonly<Record<string, string>>;
  readonly deadLetters: number;
  readonly skips: number;
  readonly rows: number;
  readonly adds: readonly { readonly path: string; readonly size: number; readonly stats: string }[];
  readonly txn: { readonly appId: string; readonly version: number } | undefined;
}

async function readLog(table: ObjectStore, broken: string[]): Promise<Ledger[]> {
  const keys = (await table.list('_delta_log/')).map(({ key }) => key).filter((key) => /\/\d{20}\.json$/.test(key));
  const commits: Ledger[] = [];
  for (const [version, key] of keys.entries()) {
    if (Number(key.slice(-25, -5)) !== version) broken.push(`I3: ${key} follows version ${version - 1}`);
    const actions = parseLines((await table.get(key)) ?? Buffer.alloc(0));
    const find = (name: string) => actions.find((action) => name in action)?.[name];
    const operation = (find('commitInfo') as { operation: string }).operation;
    // A new owner takes a version for itself, which holds no batch.
    if (operation === 'TAKE OVER') continue;
    const info = JSON.parse((find('commitInfo') as { userMetadata: string }).userMetadata) as Omit<Ledger, 'adds'>;
    const adds = actions.flatMap((action) => ('add' in action ? [action['add'] as Ledger['adds'][number]] : []));
    const rows = adds.reduce((sum, { stats }) => sum + (JSON.parse(stats) as { numRecords: number }).numRecords, 0);
    commits.push({ ...info, rows, adds, txn: find('txn') as Ledger['txn'] });
  }
  return commits;
}

function checkNumbers(commits: readonly Ledger[], broken: string[]): void {
  const appId = commits[0]?.txn?.appId;
  for (const [index, { txn, batchId }] of commits.entries()) {
    if (txn?.appId !== appId || txn?.version !== index || batchId !== index)
      broken.push(`I4: commit ${index} holds batch ${txn?.version} of ${txn?.appId}`);
  }
}

async function checkFiles({ table, fileRows }: Evidence, commits: readonly Ledger[], broken: string[]): Promise<void> {
  const sizes = new Map((await table.list('')).map(({ key, size }) => [key, size]));
  for (const { path, size, stats } of commits.flatMap(({ adds }) => adds)) {
    const key = decodeURIComponent(path);
    const { numRecords } = JSON.parse(stats) as { numRecords: number };
    if (sizes.get(key) !== size) broken.push(`I3: ${key} has ${sizes.get(key)} bytes instead of ${size}`);
    if (fileRows.get(key) !== numRecords)
      broken.push(`I3: ${key} has ${fileRows.get(key)} rows instead of ${numRecords}`);
  }
}

/** The time of each batch whose offsets file is retained, ms; the file must promise what the table tells. */
async function readTimes(
  store: ObjectStore,
  commits: readonly Ledger[],
  broken: string[],
): Promise<Map<number, number>> {
  const ids = async (folder: string): Promise<number[]> =>
    (await store.list(folder))
      .map(({ key }) => key.slice(folder.length))
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  const [offsets, confirmed] = [await ids('offsets/'), await ids('commits/')];
  const last = commits.length - 1;
  if (Math.max(...offsets) !== last || Math.max(...confirmed) !== last)
    broken.push(
      `I1: the checkpoint ends at ${Math.max(...offsets)} and ${Math.max(...confirmed)}, the table at ${last}`,
    );
  const times = new Map<number, number>();
  for (const id of offsets) {
    const [, meta = '', line = ''] = ((await store.get(`offsets/${id}`)) ?? '').toString().split('\n');
    times.set(id, (JSON.parse(meta) as { batchTimestampMs: number }).batchTimestampMs);
    const [promised] = Object.values(JSON.parse(line) as Record<string, Record<string, number>>);
    for (const [partition, end] of Object.entries(promised ?? {})) {
      if (commits[id] && commits[id].end[partition] !== String(end))
        broken.push(
          `I1: offsets/${id} promises ${end} of partition ${partition}, the table has ${commits[id].end[partition]}`,
        );
    }
  }
  return times;
}

/** Which batch an offset belongs to, and whether each batch holds as many of each kind as it says. */
function openLedger(commits: readonly Ledger[], broken: string[]) {
  const next = new Map<string, bigint>();
  for (const { batchId, start, end } of commits) {
    for (const [partition, from] of Object.entries(start)) {
      const wanted = next.get(partition) ?? 0n;
      if (BigInt(from) !== wanted)
        broken.push(`I1: batch ${batchId} begins partition ${partition} at ${from} instead of ${wanted}`);
      next.set(partition, BigInt(end[partition] ?? from));
    }
  }
  const found = commits.map(() => ({ row: 0, dead: 0, skip: 0 }));
  const at = new Map<number, number>();
  return {
    account(partition: number, offset: bigint, kind: Sent['kind']): number {
      let index = at.get(partition) ?? 0;
      while (index < commits.length && BigInt(commits[index]?.end[partition] ?? 0) <= offset) index += 1;
      at.set(partition, index);
      const counts = found[index];
      if (counts) counts[kind] += 1;
      else broken.push(`I1: offset ${offset} of partition ${partition} is in no batch`);
      return index;
    },
    close(): void {
      for (const [index, { rows, deadLetters, skips }] of commits.entries()) {
        const { row, dead, skip } = found[index] ?? { row: 0, dead: 0, skip: 0 };
        if (rows !== row || deadLetters !== dead || skips !== skip)
          broken.push(
            `I1: batch ${index} tells ${rows}+${deadLetters}+${skips}, its range holds ${row}+${dead}+${skip}`,
          );
      }
    },
  };
}

async function checkDeadLetters(
  quarantine: ObjectStore,
  dead: ReadonlyMap<string, Buffer | null>,
  broken: string[],
): Promise<void> {
  const kept = new Set<string>();
  for (const { key } of await quarantine.list('dead-letters/')) {
    for (const row of await readParquet((await quarantine.get(key)) ?? Buffer.alloc(0))) {
      const place = `${String(row['partition'])}:${String(row['offset'])}`;
      if (!dead.has(place)) broken.push(`I1: the quarantine holds ${place}, which is no dead letter`);
      if (kept.has(place)) broken.push(`I1: the quarantine holds ${place} twice`);
      kept.add(place);
      if (dead.has(place) && !Buffer.from(row['payload'] as string).equals(dead.get(place) ?? Buffer.alloc(0)))
        broken.push(`I1: the quarantine holds other bytes for ${place}`);
    }
  }
  for (const place of dead.keys()) if (!kept.has(place)) broken.push(`I1: the quarantine lacks ${place}`);
}

function countRows(
  rows: readonly SeenRow[],
  expected: ReadonlyMap<string, { ccNum: string; batch: number }>,
  times: ReadonlyMap<number, number>,
): Pick<Verdict, 'lost' | 'doubled' | 'foreign' | 'bent'> {
  const seen = new Set<string>();
  let [doubled, foreign, bent] = [0, 0, 0];
  for (const { transNum, ccNum, ingestedAt } of rows) {
    const wanted = expected.get(transNum ?? '');
    if (!wanted) foreign += 1;
    else if (seen.has(transNum ?? '')) doubled += 1;
    else {
      seen.add(transNum ?? '');
      const time = times.get(wanted.batch);
      if (ccNum !== wanted.ccNum || (time !== undefined && ingestedAt !== BigInt(time) * 1000n)) bent += 1;
    }
  }
  return { lost: expected.size - seen.size, doubled, foreign, bent };
}

/** The rows of every live file, read in this process. Whoever wants an independent reader brings its rows instead. */
export async function readRows(table: ObjectStore): Promise<Pick<Evidence, 'rows' | 'fileRows'>> {
  const rows: SeenRow[] = [];
  const fileRows = new Map<string, number>();
  for (const { key } of await table.list('_delta_log/')) {
    if (!key.endsWith('.json')) continue;
    for (const action of parseLines((await table.get(key)) ?? Buffer.alloc(0))) {
      if (!('add' in action)) continue;
      const file = decodeURIComponent((action['add'] as { path: string }).path);
      const found = await readParquet((await table.get(file)) ?? Buffer.alloc(0));
      fileRows.set(file, found.length);
      for (const row of found) {
        const [transNum, ccNum] = [row['trans_num'], row['cc_num']].map((each) => (each == null ? null : String(each)));
        rows.push({ transNum: transNum ?? null, ccNum: ccNum ?? null, ingestedAt: row['ingestion_time'] as bigint });
      }
    }
  }
  return { rows, fileRows };
}

const parseLines = (bytes: Buffer): Record<string, unknown>[] =>
  bytes
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
