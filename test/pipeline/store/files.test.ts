import { promises as fs, readFileSync, type promises } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { nodeFiles } from '../../../src/pipeline/store/files.ts';
import { tempFolder } from '../support/temp.ts';

it('writes a new file and waits until the disk has it, before it is closed', async () => {
  const file = path.join(tempFolder(), 'a');
  const calls: string[] = [];
  const open = fs.open;
  const spy = vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
    const handle = await open(...args);
    for (const name of ['writeFile', 'sync', 'close'] as const) {
      const work = handle[name].bind(handle) as (...given: unknown[]) => Promise<void>;
      Object.assign(handle, { [name]: (...given: unknown[]) => (calls.push(name), work(...given)) });
    }
    return handle satisfies promises.FileHandle;
  });
  try {
    await nodeFiles.writeNew(file, Buffer.from('x'));
  } finally {
    spy.mockRestore();
  }
  expect(calls).toEqual(['writeFile', 'sync', 'close']);
  expect(readFileSync(file, 'utf8')).toBe('x');
});

it('waits until the disk has the names of a folder', async () => {
  let synced = 0;
  const open = fs.open;
  const spy = vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
    const handle = await open(...args);
    const sync = handle.sync.bind(handle);
    return Object.assign(handle, { sync: () => ((synced += 1), sync()) });
  });
  try {
    await nodeFiles.syncFolder(tempFolder());
  } finally {
    spy.mockRestore();
  }
  expect(synced).toBe(1);
});
