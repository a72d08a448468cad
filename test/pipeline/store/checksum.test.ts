import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checksumFile, fitsChecksum, hasChecksum } from '../../../src/pipeline/store/checksum.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { FIXTURES } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const CHECKPOINT = path.join(FIXTURES, 'golden', 'checkpoint');

describe('the checksum files that Spark wrote', () => {
  const files = readdirSync(CHECKPOINT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name));
  const checksumOf = (file: string): string => path.join(path.dirname(file), `.${path.basename(file)}.crc`);

  it('come out byte for byte', () => {
    expect(files.length).toBe(26);
    for (const file of files) expect(checksumFile(readFileSync(file))).toEqual(readFileSync(checksumOf(file)));
  });

  it('fit no file in which any one bit is turned', () => {
    const bytes = readFileSync(path.join(CHECKPOINT, 'offsets', '11'));
    const checksum = checksumFile(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(fitsChecksum(turned, checksum)).toBe(false);
    }
    expect(fitsChecksum(bytes.subarray(0, 512), checksum)).toBe(false);
  });

  it('tell nothing when they are absent, empty or something else', () => {
    for (const checksum of [null, Buffer.alloc(0), Buffer.from('something else')])
      expect(fitsChecksum(Buffer.from('x'), checksum)).toBe(true);
  });
});

describe('a local store', () => {
  it('keeps one beside what decides where a query goes on, and beside nothing else', async () => {
    const root = tempFolder();
    const store = openLocalStore(root);
    const key = `_delta_log/${'0'.repeat(20)}.json`;
    for (const each of ['metadata', 'offsets/0', key, '_sluice/lease', 'year=1/part-0.parquet'])
      await store.putIfAbsent(each, Buffer.from(each));
    const found = readdirSync(root, { recursive: true }).map(String);
    expect(found.filter((file) => file.endsWith('.crc')).sort()).toEqual([
      '.metadata.crc',
      `_delta_log/.${'0'.repeat(20)}.json.crc`,
      'offsets/.0.crc',
    ]);
  });

  it('finds what was changed behind its back', async () => {
    const root = tempFolder();
    const store = openLocalStore(root);
    await store.put('sources/0/0', Buffer.from('as it was'));
    const damage = async (): Promise<string | null | undefined> =>
      store.findDamage?.('sources/0/0', (await store.get('sources/0/0')) ?? Buffer.alloc(0));
    expect(await damage()).toBeNull();
    writeFileSync(path.join(root, 'sources/0/0'), 'as it is');
    expect(await damage()).toBe('its 8 bytes do not fit its checksum');
  });

  it('takes it away with its file', async () => {
    const root = tempFolder();
    const store = openLocalStore(root);
    await store.put('offsets/0', Buffer.from('x'));
    await store.delete('offsets/0');
    expect(existsSync(path.join(root, 'offsets/.0.crc'))).toBe(false);
  });
});

it('is kept for the names that Spark reads back', () => {
  expect(['metadata', 'sources/0/0', 'offsets/12', 'commits/0'].every(hasChecksum)).toBe(true);
  expect(['_sluice/source', 'offsets/.1.tmp', 'dead-letters/q/0000000001.parquet'].some(hasChecksum)).toBe(false);
});
