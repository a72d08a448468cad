import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openHome, resolveHome, toHomeError } from '../../src/console/home.ts';
import { removeFolders, temporaryFolder } from './support/console.ts';

afterEach(removeFolders);

test.each([
  [{ SLUICE_HOME: '/data/s', XDG_DATA_HOME: '/x' }, 'linux', '/data/s'],
  [{ XDG_DATA_HOME: '/x' }, 'linux', '/x/sluice'],
  [{}, 'linux', '/home/ada/.local/share/sluice'],
  [{}, 'darwin', '/home/ada/Library/Application Support/Sluice'],
  [{ SLUICE_HOME: '' }, 'linux', '/home/ada/.local/share/sluice'],
] as const)('%j on %s: %s', (env, platform, home) => expect(resolveHome(env, platform, '/home/ada')).toBe(home));

test('is made for its owner only, also when it was open before', () => {
  const home = path.join(temporaryFolder(), 'a', 'b');
  openHome(home);
  chmodSync(home, 0o755);
  const paths = openHome(home);
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(statSync(paths.logs).mode & 0o777).toBe(0o700);
});

describe('a folder that cannot be used gets one sentence', () => {
  test('a file in its place', () => {
    const file = path.join(temporaryFolder(), 'f');
    writeFileSync(file, '');
    expect(() => openHome(file)).toThrow(expect.objectContaining({ code: 'HOME_READ_ONLY' }) as Error);
    expect(() => openHome(path.join(file, 'below'))).toThrow(/a part of the path is a file/);
  });

  test('a read-only folder', () => {
    const folder = path.join(temporaryFolder(), 'ro');
    mkdirSync(folder);
    // Root writes wherever it likes, but not into the kernel's own tree.
    const target = process.getuid?.() === 0 ? '/proc/sluice' : (chmodSync(folder, 0o500), path.join(folder, 'home'));
    expect(() => openHome(target)).toThrow(expect.objectContaining({ code: 'HOME_READ_ONLY' }) as Error);
  });

  test.each([
    ['ENOSPC', 'DISK_FULL', 'the disk is full'],
    ['EDQUOT', 'DISK_FULL', 'the disk is full'],
    ['EROFS', 'HOME_READ_ONLY', 'it is on a read-only disk'],
    ['EACCES', 'HOME_READ_ONLY', 'you may not write there'],
  ])('%s is %s', (code, expected, seen) => {
    expect(toHomeError(Object.assign(new Error('x'), { code }), '/home/ada')).toMatchObject({ code: expected, seen });
  });
});
