import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Spill, type Part } from '../../../src/pipeline/bronze/spill.ts';
import { tempFolder } from '../support/temp.ts';

const NONE = Buffer.alloc(0);
const bytesOf = (n: number, length = 1_000): Buffer => Buffer.alloc(length, n);

it('gives parts back in the order in which they are asked for, from memory and from disk', async () => {
  const spill = new Spill(3_500, tempFolder());
  const parts: Part[] = [];
  for (let n = 0; n < 20; n += 1) parts.push(await spill.keep(bytesOf(n)));
  expect(spill.spilledBytes).toBe(20_000);
  parts.push(await spill.keep(bytesOf(20)));
  const picked = [parts[20], parts[3], parts[19], parts[0]] as Part[];
  expect(await spill.take(picked, NONE)).toEqual(Buffer.concat([20, 3, 19, 0].map((n) => bytesOf(n))));
  expect(parts.filter(({ bytes }) => bytes !== null)).toEqual([parts[20]]);
  await spill.close();
});

it('keeps everything in memory below its limit', async () => {
  const folder = tempFolder();
  const spill = new Spill(10_000, folder);
  const parts = [await spill.keep(bytesOf(1)), await spill.keep(bytesOf(2))];
  expect(spill.spilledBytes).toBe(0);
  expect(await spill.take(parts, NONE)).toHaveLength(2_000);
  await spill.close();
  expect(readdirSync(folder)).toEqual([]);
});

it('serves many at once', async () => {
  const spill = new Spill(2_500, tempFolder());
  const files = await Promise.all(
    Array.from({ length: 30 }, async (_, file) => {
      const parts: Part[] = [];
      for (let n = 0; n < 5; n += 1) parts.push(await spill.keep(bytesOf(file * 5 + n, 100 + file)));
      return parts;
    }),
  );
  const wholes = await Promise.all(files.map((parts) => spill.take(parts, NONE)));
  wholes.forEach((whole, file) => {
    expect(whole).toEqual(Buffer.concat([0, 1, 2, 3, 4].map((n) => bytesOf(file * 5 + n, 100 + file))));
  });
  await spill.close();
});

it('copies what it is given, and gives it back in memory that was released', async () => {
  const spill = new Spill(2_500, tempFolder());
  const shared = Buffer.alloc(1_000);
  const parts: Part[] = [];
  for (let n = 0; n < 12; n += 1) parts.push(await spill.keep(shared.fill(n)));
  const tail = Buffer.from('tail');
  const first = await spill.take(parts.slice(0, 6), tail);
  expect(first).toEqual(Buffer.concat([...[0, 1, 2, 3, 4, 5].map((n) => bytesOf(n)), tail]));
  spill.release(first);
  const second = await spill.take(parts.slice(6), tail);
  expect(second).toEqual(Buffer.concat([...[6, 7, 8, 9, 10, 11].map((n) => bytesOf(n)), tail]));
  expect(second.buffer).toBe(first.buffer);
  await spill.close();
});

it('leaves nothing behind, and says what is wrong with a folder', async () => {
  const folder = tempFolder();
  const spill = new Spill(0, folder);
  await spill.keep(bytesOf(1));
  await spill.close();
  expect(readdirSync(folder)).toEqual([]);
  const lost = new Spill(0, `${folder}/absent`);
  await expect(lost.keep(bytesOf(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  await lost.close();
});
