import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpointLog } from '../../../src/pipeline/checkpoint/log.ts';
import { inspectCheckpoint, readCommitted } from '../../../src/pipeline/checkpoint/inspect.ts';
import { systemClock } from '../../../src/pipeline/clock.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { FIXTURES } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const GOLDEN = path.join(FIXTURES, 'golden', 'checkpoint');

describe('the golden checkpoint', () => {
  it('is read with its checksum files beside it', async () => {
    const state = await openCheckpointLog(openLocalStore(GOLDEN)).read();
    expect(state.offsetIds).toEqual(state.commitIds);
    expect(state.offsetIds.at(-1)).toBe(11);
    expect(state.queryId).toEqual({ ok: true, value: 'c5bf0e66-abe1-4b98-948d-161b3155fbbd' });
    expect(state.newestOffsets).toMatchObject({
      ok: true,
      value: {
        offsets: new Map([
          [0, 77n],
          [1, 79n],
          [2, 56n],
        ]),
      },
    });
  });

  it('is shown to people as it is', async () => {
    const view = await inspectCheckpoint(openLocalStore(GOLDEN), GOLDEN, systemClock);
    expect(view).toMatchObject({
      exists: true,
      lastOffsets: 11,
      lastCommit: 11,
      inDoubt: false,
      offsetsName: 'offsets/11',
    });
    expect(view.offsetsText).toBe(readFileSync(path.join(GOLDEN, 'offsets', '11'), 'utf8'));
    expect(await readCommitted(openLocalStore(GOLDEN))).toMatchObject({ batch: 11 });
  });
});

it('sees no batch in temporary files, checksums and folder markers', async () => {
  const root = copyGolden();
  for (const name of ['.12.5e2c.tmp', '.12.crc', '12.tmp', '012', 'x', '-1'])
    writeFileSync(path.join(root, 'offsets', name), '');
  const state = await openCheckpointLog(openLocalStore(root)).read();
  expect(state.offsetIds.at(-1)).toBe(11);
});

it('fences a writer whose batch is already promised with other content', async () => {
  const root = copyGolden();
  const log = openCheckpointLog(openLocalStore(root));
  const entry = await log.offsets(11);
  await log.promise(11, entry);
  await expect(log.promise(11, { ...entry, timestamp: 1 })).rejects.toMatchObject({ code: 'FENCED' });
});

it('removes the checksum of a file before it drops the file', async () => {
  const root = copyGolden();
  await openCheckpointLog(openLocalStore(root)).drop(11);
  expect(existsSync(path.join(root, 'offsets', '11'))).toBe(false);
  expect(existsSync(path.join(root, 'offsets', '.11.crc'))).toBe(false);
});

it('keeps what Spark keeps: the files of the last 100 batches', async () => {
  const root = tempFolder();
  const log = openCheckpointLog(openLocalStore(root));
  await log.create('q', { topic: 't', offsets: new Map([[0, 0n]]) });
  const entry = { watermarkMs: 0, timestamp: 1, conf: {}, topic: 't' };
  const run = async (from: number, to: number): Promise<void> => {
    for (let batch = from; batch <= to; batch += 1) {
      await log.promise(batch, { ...entry, offsets: new Map([[0, BigInt(batch)]]) });
      await log.confirm(batch);
    }
    await log.purge(to);
  };
  for (const [from, to] of [
    [0, 103],
    [104, 104],
    [105, 107],
  ] as const) {
    await run(from, to);
    for (const folder of ['offsets', 'commits']) {
      const names = readdirSync(path.join(root, folder));
      const batches = names.filter((name) => !name.startsWith('.')).map(Number);
      expect(Math.min(...batches)).toBe(to - 100);
      expect(batches).toHaveLength(101);
      expect(names.filter((name) => name.endsWith('.crc'))).toHaveLength(101);
    }
  }
  expect(existsSync(path.join(root, 'sources', '0', '0'))).toBe(true);
});

function copyGolden(): string {
  const root = path.join(tempFolder(), 'checkpoint');
  cpSync(GOLDEN, root, { recursive: true });
  return root;
}
