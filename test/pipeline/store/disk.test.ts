/** A query on a disk that is full, that may only be read, that has no more handles, or that cannot be synced. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import { openTable } from '../../../src/pipeline/delta/snapshot.ts';
import { nodeFiles, type Files } from '../../../src/pipeline/store/files.ts';
import { openBench, type Bench } from '../support/bench.ts';
import { memorySource } from '../support/memory-source.ts';
import { afterOf, envelope } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

/** As a query that waits for its disk, only faster. */
const PATIENT = { tries: 1_000, totalMs: 60_000, baseMs: 10, maxWaitMs: 50 };
const ROWS = 6;

type Operation = 'writeNew' | 'link' | 'rename' | 'makeFolder';

describe('a disk that is full', () => {
  it('at the nth write, for every n, costs no row, doubles none and leaves nothing torn', async () => {
    for (let n = 1; ; n += 1) {
      const full = failAt(n, 'ENOSPC', ['writeNew', 'link', 'rename', 'makeFolder']);
      const bench = filled(tempFolder(), full.files);
      await settled(bench);
      const isAtStart = full.failed();
      await bench.run('all', { parts: { retry: PATIENT } });
      expect([n, await transNums(bench)]).toEqual([n, wanted()]);
      expect(leftOvers(bench.root)).toEqual([]);
      if (!full.failed()) return expect(n).toBeGreaterThan(8);
      // A checksum that cannot be written is left away without a word.
      if (!isAtStart && !full.isOfChecksum()) expect(bench.logs.join('\n')).toContain('ENOSPC');
    }
  }, 60_000);
});

const noMount = notMountable();
if (noMount !== null) process.stderr.write(`not run: the tests on a real full disk: ${noMount}\n`);

describe.skipIf(noMount !== null)('a real file system of one megabyte', () => {
  it('that fills up pauses the query with the reason, and lets it go on when there is room again', async () => {
    const disk = mountDisk();
    const bench = filled(disk);
    await settled(bench);
    fillUp(path.join(disk, 'filler'));
    const done = bench.run(1, { parts: { retry: PATIENT } });
    await expect.poll(() => bench.logs.join('\n'), { timeout: 30_000 }).toMatch(/ENOSPC.*\(try 3\)/);
    expect(await transNums(bench)).toEqual([]);
    rmSync(path.join(disk, 'filler'));
    await done;
    expect(await transNums(bench)).toEqual(wanted());
    expect(leftOvers(disk)).toEqual([]);
  }, 60_000);

  it('that may only be read ends the query with a code, and the next start goes on', async () => {
    const disk = mountDisk();
    const bench = filled(disk);
    await settled(bench);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await expect(bench.run(1, { parts: { retry: PATIENT } })).rejects.toMatchObject({
      code: 'HOME_READ_ONLY',
      retryable: false,
      seen: expect.stringContaining('EROFS'),
    });
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    await bench.run(1);
    expect(await transNums(bench)).toEqual(wanted());
  });
});

describe('a sync that fails', () => {
  it.each<[string, Operation | 'syncFolder']>([
    ['of the bytes', 'writeNew'],
    ['of the name', 'syncFolder'],
  ])(
    '%s ends the query at once: nobody knows what is on the disk',
    async (_name, operation) => {
      for (let n = 1; ; n += 1) {
        const broken = failAt(n, 'EIO', [operation]);
        const bench = filled(tempFolder(), broken.files);
        const run = settled(bench).then(() => bench.run('all', { parts: { retry: PATIENT } }));
        const error = await run.then(
          () => null,
          (thrown: unknown) => thrown,
        );
        if (!broken.failed()) break;
        // What is written beside the batch does not fail it.
        if (error) expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
        expect(bench.logs.join('\n')).not.toContain('(try');
        await bench.run('all');
        expect([n, await transNums(bench)]).toEqual([n, wanted()]);
      }
    },
    60_000,
  );
});

it('a process without a free handle says so, and goes on when one is free', () => {
  const store = path.resolve(import.meta.dirname, '../../../src/pipeline/store/local.ts');
  const script = `
    import { closeSync, openSync } from 'node:fs';
    const { openLocalStore } = await import(${JSON.stringify(store)});
    const store = openLocalStore(${JSON.stringify(tempFolder())});
    await store.put('a', Buffer.from('before'));
    const taken = [];
    try { for (;;) taken.push(openSync('/dev/null')); } catch {}
    const error = await store.put('a', Buffer.from('during')).catch((caught) => caught);
    taken.forEach(closeSync);
    const kept = String(await store.get('a'));
    await store.put('a', Buffer.from('after'));
    console.log(JSON.stringify({ code: error.code, retryable: error.retryable, seen: error.seen, kept, then: String(await store.get('a')) }));
  `;
  const limited = ['-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync('bash', limited, { encoding: 'utf8' });
  expect(stdout, stderr).not.toBe('');
  expect(JSON.parse(stdout)).toEqual({
    code: 'STORE_UNAVAILABLE',
    retryable: true,
    seen: expect.stringContaining('EMFILE'),
    kept: 'before',
    then: 'after',
  });
});

function filled(root: string, files: Files = nodeFiles): Bench {
  const source = memorySource();
  for (let n = 0; n < ROWS; n += 1) source.append(n % 2, [envelope(afterOf(n))]);
  return openBench(path.join(root, 'lake'), source, files);
}

/** The checkpoint is made by the start of a query, which its host tries again; what follows are its batches. */
async function settled(bench: Bench): Promise<void> {
  await bench.run(0).catch(() => bench.run(0));
}

const wanted = (): string[] => Array.from({ length: ROWS }, (_, n) => `t${n}`);

async function transNums({ table }: Bench): Promise<string[]> {
  const { files } = await openTable(table).refresh();
  const parts = await Promise.all([...files.keys()].map((file) => table.get(file)));
  const rows = await Promise.all(parts.map((bytes) => readParquet(bytes ?? Buffer.alloc(0))));
  return rows
    .flat()
    .map((row) => String(row['trans_num']))
    .sort();
}

/** Temporary files below the folder. */
function leftOvers(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'));
}

/** Fails the nth of these operations, once. */
function failAt(n: number, code: string, operations: readonly (keyof Files)[]) {
  let count = 0;
  let failed: readonly unknown[] | null = null;
  const files = Object.fromEntries(
    Object.entries(nodeFiles).map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        if (!operations.includes(name as keyof Files)) return (call as (...all: unknown[]) => unknown)(...args);
        count += 1;
        if (count !== n) return (call as (...all: unknown[]) => unknown)(...args);
        failed = args;
        return Promise.reject(Object.assign(new Error(`${code}: ${name} failed`), { code }));
      },
    ]),
  ) as unknown as Files;
  return { files, failed: () => failed !== null, isOfChecksum: () => String(failed?.at(-1)).endsWith('.crc') };
}

function notMountable(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux may make one';
  const probe = tryMount('/mnt');
  if (probe === null) execFileSync('umount', ['/mnt']);
  return probe;
}

function tryMount(at: string): string | null {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { encoding: 'utf8' });
  return status === 0 ? null : stderr.trim();
}

function mountDisk(): string {
  const disk = path.join(tempFolder(), 'disk');
  mkdirSync(disk);
  expect(tryMount(disk)).toBeNull();
  onTestFinished(() => void spawnSync('umount', ['-l', disk]));
  return disk;
}

function fillUp(file: string): void {
  const chunk = Buffer.alloc(4_096);
  try {
    for (;;) writeFileSync(file, chunk, { flag: 'a' });
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  }
}
