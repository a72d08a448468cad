import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBounds, writeBounds } from '../../src/main/bounds.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-bounds-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the window opens where it stood last', () => {
  writeBounds(folder, { x: 12, y: -4, width: 1300, height: 840 });
  expect(readBounds(folder)).toEqual({ x: 12, y: -4, width: 1300, height: 840 });
});

test.each(['', '{', '{"width":5,"height":5}', '[]'])('a file that makes no sense (%j) gives the usual size', (text) => {
  writeFileSync(path.join(folder, 'bounds.json'), text);
  expect(readBounds(folder)).toEqual({ width: 1440, height: 900 });
});

test('a folder that cannot be written is no fault', () => {
  writeBounds(path.join(folder, 'absent'), { width: 1300, height: 840 });
  expect(readBounds(path.join(folder, 'absent'))).toEqual({ width: 1440, height: 900 });
});
