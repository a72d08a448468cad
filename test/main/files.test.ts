import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveFile } from '../../src/main/files.ts';

const top = mkdtempSync(path.join(tmpdir(), 'sluice-files-'));
const folder = path.join(top, 'renderer');

beforeAll(() => {
  mkdirSync(path.join(folder, 'assets'), { recursive: true });
  writeFileSync(path.join(folder, 'index.html'), '<p>');
  writeFileSync(path.join(folder, 'assets/index-1.js'), '');
  writeFileSync(path.join(folder, 'assets/notes.txt'), '');
  writeFileSync(path.join(top, 'secret.js'), '');
  symlinkSync(path.join(top, 'secret.js'), path.join(folder, 'assets/link.js'));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('files of the page', () => {
  test('are found below the folder, with a type of the fixed list', async () => {
    expect(await resolveFile(folder, 'app://console/index.html#queries')).toEqual({
      file: path.join(folder, 'index.html'),
      type: 'text/html; charset=utf-8',
    });
    expect((await resolveFile(folder, 'app://console/assets/index-1.js?v=1'))?.type).toBe(
      'text/javascript; charset=utf-8',
    );
  });

  test.each([
    ['dots', 'app://console/../secret.js'],
    ['encoded dots', 'app://console/%2e%2e/secret.js'],
    ['dots encoded twice', 'app://console/%252e%252e/secret.js'],
    ['an encoded slash', 'app://console/..%2fsecret.js'],
    ['a backslash', 'app://console/..%5csecret.js'],
    ['NUL', 'app://console/index.html%00.js'],
    ['a UNC path', 'app://console//server/share/secret.js'],
    ['a drive', 'app://console/c:/secret.js'],
    ['a link that leads out', 'app://console/assets/link.js'],
    ['another host', 'app://other/index.html'],
    ['a type that is not served', 'app://console/assets/notes.txt'],
    ['a folder', 'app://console/assets'],
    ['a broken escape', 'app://console/%zz.js'],
    ['no address at all', 'nonsense'],
  ])('%s gives nothing', async (_name, address) => {
    expect(await resolveFile(folder, address)).toBeNull();
  });
});
