import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFiles, type Files } from '../../../src/pipeline/store/files.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { tempFolder } from '../support/temp.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('putIfAbsent', () => {
  it("lets exactly one of 64 racing writers win, and the file is the winner's", async () => {
    const root = tempFolder();
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, each) => openLocalStore(root).putIfAbsent('log/7', bytes(`writer ${each}`))),
    );
    expect(results.filter((result) => result === 'created')).toHaveLength(1);
    expect(readFileSync(path.join(root, 'log/7'), 'utf8')).toBe(`writer ${results.indexOf('created')}`);
    expect(readdirSync(path.join(root, 'log'))).toEqual(['7']);
  });

  it('makes content and name durable in this order', async () => {
    const { files, calls } = recordCalls();
    await openLocalStore(tempFolder(), files).putIfAbsent('a/b', bytes('x'));
    expect(calls).toEqual([
      'makeFolder a',
      'syncFolder .',
      'remove a/.b.crc',
      'writeNew a/.b.tmp',
      'link a/.b.tmp a/b',
      'remove a/.b.tmp',
      'syncFolder a',
    ]);
  });
});

describe('put', () => {
  it('makes content and name durable in this order, the checksum of the old content gone first', async () => {
    const root = tempFolder();
    mkdirSync(path.join(root, 'a'));
    const { files, calls } = recordCalls();
    await openLocalStore(root, files).put('a/b', bytes('x'));
    expect(calls).toEqual(['writeNew a/.b.tmp', 'remove a/.b.crc', 'rename a/.b.tmp a/b', 'syncFolder a']);
  });

  it('leaves the old content and no temporary file when the disk is full', async () => {
    const root = tempFolder();
    await openLocalStore(root).put('a', bytes('old'));
    const full = { ...nodeFiles, writeNew: () => Promise.reject(errorOf('ENOSPC')) };
    await expect(openLocalStore(root, full).put('a', bytes('new'))).rejects.toMatchObject({
      code: 'DISK_FULL',
      retryable: true,
    });
    expect(readFileSync(path.join(root, 'a'), 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['a']);
  });
});

describe('a group of new objects', () => {
  it('has its content synced at once, and each name once at its end', async () => {
    const { files, calls } = recordCalls();
    const store = openLocalStore(tempFolder(), files);
    const first = store.newObjects?.();
    for (const key of ['y/m1/a', 'y/m1/b', 'y/m2/c']) await first?.put(key, bytes(key));
    expect(calls).toEqual([
      'writeNew y/m1/a',
      'makeFolder y/m1',
      'makeFolder y',
      'makeFolder y/m1',
      'writeNew y/m1/a',
      'writeNew y/m1/b',
      'writeNew y/m2/c',
      'makeFolder y/m2',
      'writeNew y/m2/c',
    ]);
    await first?.durable();
    expect(calls.splice(0).slice(9).sort()).toEqual(['.', 'y', 'y/m1', 'y/m2'].map((each) => `syncFolder ${each}`));
    const second = store.newObjects?.();
    await second?.put('y/m1/d', bytes('d'));
    await second?.durable();
    expect(calls).toEqual(['writeNew y/m1/d', 'syncFolder y/m1']);
  });

  it('does not trust a folder that it finds: who made it may have died before its name was durable', async () => {
    const root = tempFolder();
    mkdirSync(path.join(root, 'y/m'), { recursive: true });
    const { files, calls } = recordCalls();
    const group = openLocalStore(root, files).newObjects?.();
    await group?.put('y/m/a', bytes('x'));
    await group?.durable();
    expect(calls.sort()).toEqual(['syncFolder .', 'syncFolder y', 'syncFolder y/m', 'writeNew y/m/a']);
  });

  it('makes a folder durable again that was taken away and made anew', async () => {
    const root = tempFolder();
    const { files, calls } = recordCalls();
    const store = openLocalStore(root, files);
    const write = async (key: string): Promise<void> => {
      const group = store.newObjects?.();
      await group?.put(key, bytes(key));
      await group?.durable();
    };
    await write('y/a');
    rmSync(path.join(root, 'y'), { recursive: true });
    calls.length = 0;
    await write('y/b');
    expect(calls.filter((call) => call.startsWith('sync')).sort()).toEqual(['syncFolder .', 'syncFolder y']);
  });

  it('makes its root, and keeps everything readable only by its owner', async () => {
    const root = path.join(tempFolder(), 'deep', 'home');
    await openLocalStore(root).newObjects?.().put('a/b', bytes('x'));
    const modes = ['', 'a', 'a/b'].map((key) => statSync(path.join(root, key)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o600]);
  });

  it('leaves no half file when the disk is full, and never touches an object that is there', async () => {
    const root = tempFolder();
    const writeNew: Files['writeNew'] = async (file) => {
      writeFileSync(file, 'hal', { flag: 'wx' });
      throw errorOf('ENOSPC');
    };
    const full = openLocalStore(root, { ...nodeFiles, writeNew }).newObjects?.();
    await expect(full?.put('a', bytes('half'))).rejects.toMatchObject({ code: 'DISK_FULL', retryable: true });
    expect(readdirSync(root)).toEqual([]);
    const group = openLocalStore(root).newObjects?.();
    await group?.put('a', bytes('first'));
    await expect(group?.put('a', bytes('second'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(readFileSync(path.join(root, 'a'), 'utf8')).toBe('first');
  });

  it('never says that it is durable when syncing failed', async () => {
    const files = { ...nodeFiles, syncFolder: () => Promise.reject(errorOf('EIO')) };
    const group = openLocalStore(tempFolder(), files).newObjects?.();
    await group?.put('a', bytes('x'));
    await expect(group?.durable()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
  });

  it('never leaves its folder', async () => {
    const group = openLocalStore(tempFolder()).newObjects?.();
    await expect(group?.put('../x', bytes('x'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

it.each([
  ['EROFS', 'HOME_READ_ONLY', false],
  ['EACCES', 'HOME_READ_ONLY', false],
  ['EIO', 'STORE_UNAVAILABLE', false],
  ['EMFILE', 'STORE_UNAVAILABLE', true],
])('names %s as %s', async (code, wanted, retryable) => {
  const files = { ...nodeFiles, writeNew: () => Promise.reject(errorOf(code)) };
  await expect(openLocalStore(tempFolder(), files).put('a', bytes('x'))).rejects.toMatchObject({
    code: wanted,
    retryable,
  });
});

it('never says that a write is durable when syncing failed', async () => {
  const files = { ...nodeFiles, syncFolder: () => Promise.reject(errorOf('EIO')) };
  await expect(openLocalStore(tempFolder(), files).putIfAbsent('a/b', bytes('x'))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
});

it('keeps everything readable only by its owner', async () => {
  const root = path.join(tempFolder(), 'deep', 'home');
  await openLocalStore(root).put('a/b', bytes('x'));
  const modes = ['', 'a', 'a/b'].map((key) => statSync(path.join(root, key)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o700, 0o600]);
});

it.each(['../x', 'a/../../x', '/etc/passwd', 'a\0b'])('never leaves its folder for %j', async (key) => {
  const store = openLocalStore(tempFolder());
  await expect(store.put(key, bytes('x'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect(store.get(key)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

it('lists what stands behind a key', async () => {
  const store = openLocalStore(tempFolder());
  for (const key of ['log/01.json', 'log/02.json', 'log/02.parquet', 'log/03.json', 'other/09'])
    await store.put(key, Buffer.from('x'));
  const behind = async (after: string) => (await store.list('log/', after)).map(({ key }) => key);
  expect(await behind('log/02')).toEqual(['log/02.json', 'log/02.parquet', 'log/03.json']);
  expect(await behind('log/02.json')).toEqual(['log/02.parquet', 'log/03.json']);
  expect(await behind('log/03.json')).toEqual([]);
});

it('lists by prefix in the order of keys, and nothing in a folder that is not there', async () => {
  const root = tempFolder();
  const store = openLocalStore(root);
  for (const key of ['b/2', 'a', 'b/10', 'bc', 'b/c/1']) await store.put(key, bytes(key));
  const keys = async (prefix: string): Promise<string[]> => (await store.list(prefix)).map(({ key }) => key);
  expect(await keys('')).toEqual(['a', 'b/10', 'b/2', 'b/c/1', 'bc']);
  expect(await keys('b/')).toEqual(['b/10', 'b/2', 'b/c/1']);
  expect(await keys('b')).toEqual(['b/10', 'b/2', 'b/c/1', 'bc']);
  expect(await keys('b/c')).toEqual(['b/c/1']);
  expect(await keys('zzz/')).toEqual([]);
  expect(await openLocalStore(path.join(root, 'none')).list('')).toEqual([]);
});

it('deletes a file together with its checksum, and an absent one without complaint', async () => {
  const root = tempFolder();
  for (const name of ['7', '.7.crc']) writeFileSync(path.join(root, name), 'x');
  const store = openLocalStore(root);
  await store.delete('7');
  await store.delete('7');
  expect(existsSync(path.join(root, '.7.crc'))).toBe(false);
  expect(await store.get('7')).toBeNull();
});

function recordCalls(): { files: Files; calls: string[] } {
  const calls: string[] = [];
  let root = '';
  const short = (file: string): string => {
    const name = path.relative(root, file).replace(/\.[0-9a-f-]{36}\.tmp$/, '.tmp');
    return name === '' ? '.' : name;
  };
  const files = Object.fromEntries(
    Object.entries(nodeFiles).map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        const paths = args.filter((arg): arg is string => typeof arg === 'string');
        root ||= path.resolve(tempRootOf(paths[0] ?? ''));
        calls.push([name, ...paths.map(short)].join(' '));
        return (call as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Files;
  return { files, calls };
}

function tempRootOf(file: string): string {
  const parts = file.split(path.sep);
  const at = parts.findIndex((part) => part.startsWith('sluice-pipeline-'));
  return parts.slice(0, at + 1).join(path.sep);
}

function errorOf(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: no`), { code });
}
