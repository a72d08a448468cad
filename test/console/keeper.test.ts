/** The keeper over the engine's own thread and a real table. */
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createKeeper, type Keeper } from '../../src/console/keeper.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { takeLease } from '../../src/pipeline/ownership/lease.ts';
import { localFolder } from '../../src/pipeline/store/location.ts';
import { manyFiles } from '../pipeline/delta/maintain/support.ts';
import type { Bench } from '../pipeline/support/bench.ts';
import { jobFor } from './support/console.ts';

const workerFile = path.resolve(import.meta.dirname, '../../src/pipeline/worker.ts');

function keeperOf(bench: Bench, more: { version?: () => number | null; optimizeEveryMs?: number } = {}) {
  const told: string[] = [];
  const at = (name: string) => localFolder(path.join(bench.root, name));
  const owner = { runId: 'by-hand', host: os.hostname(), pid: process.pid };
  const places = { checkpoint: at('checkpoint'), table: at('table'), quarantine: at('quarantine') };
  const keeper: Keeper = createKeeper({
    workerFile,
    job: () => ({ ...jobFor('well'), ...places, owner }),
    log: ({ message }) => told.push(message),
    version: more.version ?? (() => null),
    optimizeEveryMs: more.optimizeEveryMs ?? 0,
    vacuumEveryMs: 0,
  });
  return { keeper, told, owner };
}

/** Each task is a thread of its own. */
const PATIENT = { timeout: 120_000 };

describe('by hand', PATIENT, () => {
  test('looks at a table, puts its files together, and says what happened', async () => {
    const bench = await manyFiles(2);
    const { keeper, told } = keeperOf(bench);
    expect(await keeper.health()).toMatchObject({ version: 1, files: 10, mergeable: 10, mergedInto: 5 });
    expect(await keeper.optimize(false)).toMatchObject({ versions: [2], filesRemoved: 10, filesAdded: 5 });
    expect(told).toEqual(['Put 10 small files together into 5 files, version 2']);
    expect(await keeper.vacuum(true)).toMatchObject({ files: 0, young: 0 });
    expect((await keeper.history(1))[0]).toMatchObject({ version: 2, operation: 'OPTIMIZE' });
  });

  test('is refused while another process owns the query, and touches nothing', async () => {
    const bench = await manyFiles(2);
    const other = { runId: 'other', host: 'elsewhere', pid: 1 };
    await takeLease({ store: bench.checkpoint, owner: other, clock: systemClock, replaceOwn: false });
    const { keeper } = keeperOf(bench);
    await expect(keeper.optimize(false)).rejects.toMatchObject({ code: 'FENCED' });
    await expect(keeper.vacuum(false)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await keeper.optimize(true)).toMatchObject({ filesRemoved: 10 });
    expect((await openTable(bench.table).refresh()).version).toBe(1);
  });

  test('works beside the query of its own process, whose lease it leaves alone', async () => {
    const bench = await manyFiles(2);
    const { keeper, owner } = keeperOf(bench);
    const lease = await takeLease({ store: bench.checkpoint, owner, clock: systemClock, replaceOwn: true });
    expect(await keeper.optimize(false)).toMatchObject({ versions: [2] });
    expect(await lease.isMine()).toBe(true);
  });
});

test('by schedule puts together only partitions with many small files, once for each version', PATIENT, async () => {
  const bench = await manyFiles(16);
  const { keeper, told } = keeperOf(bench, { version: () => 15, optimizeEveryMs: 50 });
  keeper.start();
  await expect.poll(() => told, { timeout: 60_000 }).toEqual(['Put 80 small files together into 5 files, version 16']);
  keeper.stop();
});
