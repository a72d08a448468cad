/**
 * A table that is looked after by a process which dies on the way: what does Spark read afterwards?
 * `npm run bench -- readers/kills [--fresh]`; one JSON line for each death in `test-results/bench/readers-kills.jsonl`. What
 * is there already is not done again, unless `--fresh`.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkpointContent, writeCheckpoint } from '../../src/pipeline/delta/checkpoint.ts';
import { optimize } from '../../src/pipeline/delta/maintain/optimize.ts';
import { BY_HAND } from '../../src/pipeline/delta/maintain/plan.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { memorySource } from '../../test/pipeline/support/memory-source.ts';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';
import { bringSpark, forSmallTables, startSpark } from '../../test/support/spark.ts';
import { runBatches } from '../growth/query.ts';
import { openResults } from '../support/results.ts';

const HOST = path.resolve(import.meta.dirname, '..', '..', 'test/pipeline/delta/maintain/host.ts');
const AGE_DAYS = '40';
const BATCHES = 4;
const ROWS_PER_BATCH = 50;
const MODES = ['kill', 'terminate', 'throw'] as const;
const DEATHS = [
  ['checkpoint', 'b11', 1, 'while the Parquet file is written'],
  ['checkpoint', 'b11', 2, 'between the file and _last_checkpoint'],
  ['cleanup', 'b11', 1, 'before the first old commit is deleted'],
  ['optimize', 'b5', 3, 'while a new file is written'],
  ['optimize', 'b14', 1, 'between the new files and the commit'],
  ['optimize', 'b7', 1, 'while the commit is put'],
  ['vacuum', 'b14', 1, 'before the first file is deleted'],
] as const;

interface Death {
  readonly task: string;
  readonly failpoint: string;
  readonly pass: number;
  readonly mode: string;
  readonly sound: boolean;
}

const { values: options } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } });
const results = openResults<Death>('readers-kills', options.fresh);
const root = mkdtempSync(path.join(tmpdir(), 'sluice-kills-'));
const fresh = path.join(root, 'fresh');
const looked = path.join(root, 'looked-after');
await makeTables();
const program = [path.join(import.meta.dirname, 'spark_reader.py')];
const spark = startSpark(forSmallTables(await bringSpark('3.5')), program, path.join(root, 'spark.log'), {
  reads: true,
});
await spark.line('READY');
const expected = await read(path.join(fresh, 'table'));
for (const mode of MODES)
  for (const [task, failpoint, pass, when] of DEATHS) await die(task, failpoint, pass, when, mode);
const unsound = results.lines.filter(({ sound }) => !sound).length;
console.log(JSON.stringify({ deaths: results.lines.length, unsound }));
spark.child.kill();
await spark.gone;
rmSync(root, { recursive: true, force: true });
process.exit(unsound === 0 && results.lines.length === MODES.length * DEATHS.length ? 0 : 1);

/** Many small files, and the same put together, with a log checkpoint: then there is something to clean and to sweep. */
async function makeTables(): Promise<void> {
  const source = memorySource(1);
  await runBatches(fresh, source, BATCHES, feed, () => undefined);
  cpSync(fresh, looked, { recursive: true });
  const store = openLocalStore(path.join(looked, 'table'));
  const signal = new AbortController().signal;
  const parts = { store, table: openTable(store), now: Date.now, uuid: () => crypto.randomUUID(), signal };
  await optimize({ ...parts, checkOwner: async () => undefined }, BY_HAND);
  await writeCheckpoint(store, checkpointContent(await openTable(store).refresh(), Date.now()));

  function feed(batch: number): void {
    const rows = Array.from({ length: ROWS_PER_BATCH }, (_, n) => {
      const at = batch * ROWS_PER_BATCH + n;
      return envelope({ ...afterOf(at), unix_time: 1_400 + at, cc_num: `@49923463980651${String(10_000 + at)}@` });
    });
    source.append(0, rows);
  }
}

/** Spark and our own checksums look after the death, and again after the next try, which must end well. */
async function die(task: string, failpoint: string, pass: number, when: string, mode: string): Promise<void> {
  const isThis = (each: Death): boolean =>
    each.task === task && each.failpoint === failpoint && each.pass === pass && each.mode === mode;
  if (results.lines.some(isThis)) return;
  const folder = path.join(root, `${task}-${failpoint}-${pass}-${mode}`);
  cpSync(path.join(task === 'cleanup' || task === 'vacuum' ? looked : fresh, 'table'), folder, { recursive: true });
  const fired = path.join(root, 'fired');
  const ended = await lookAfter(folder, task, {
    SLUICE_FAILPOINTS: `${failpoint}=${mode}@${pass}`,
    SLUICE_FAILPOINTS_DIR: fired,
  });
  const didFire = existsSync(path.join(fired, `${failpoint}@${pass}.fired`));
  rmSync(fired, { recursive: true, force: true });
  const after = await read(folder);
  const staleAfter = await countStale(folder);
  const again = await lookAfter(folder, task, {});
  const later = await read(folder);
  const stale = staleAfter + (await countStale(folder));
  const isSound = didFire && ended !== 0 && again === 0 && after === expected && later === expected && stale === 0;
  const line = {
    task,
    failpoint,
    pass,
    when,
    mode,
    ended,
    didFire,
    sameRows: after === expected && later === expected,
    stale,
    sound: isSound,
  };
  results.add(line);
  console.log(JSON.stringify(line));
  rmSync(folder, { recursive: true });
}

function lookAfter(folder: string, task: string, failpoints: Record<string, string>) {
  const child = spawn(process.execPath, [HOST, folder, task, AGE_DAYS], {
    env: { ...process.env, ...failpoints },
    stdio: 'ignore',
  });
  return new Promise<NodeJS.Signals | number | null>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? code)),
  );
}

/** Spark checks the checksums of local files as it reads; what it found, as text. */
function read(folder: string): Promise<string> {
  return spark.ask('FOUND ', folder);
}

/** Files whose checksum is of another content, and checksums without a file. */
async function countStale(folder: string): Promise<number> {
  const store = openLocalStore(folder);
  let stale = 0;
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    const checked = /^(.*\/)?\.([^/]+)\.crc$/.exec(name);
    if (!checked) continue;
    const key = `${checked[1] ?? ''}${checked[2]}`;
    const bytes = await store.get(key);
    // Without its file a checksum says nothing; Spark never looks at it.
    if (bytes !== null && (await store.findDamage?.(key, bytes))) stale += 1;
  }
  return stale;
}
