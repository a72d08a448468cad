import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initStack } from '../../scripts/lib/stack-env.mjs';
import { parseDotenv } from '../../src/console/dotenv.ts';

let folder: string;
const example = path.resolve(import.meta.dirname, '../../.env.example');

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-env-'));
  copyFileSync(example, path.join(folder, '.env.example'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const file = (): string => path.join(folder, '.env');
const values = (): Record<string, string> => parseDotenv(readFileSync(file(), 'utf8'));

test('a new .env is the example with passwords of its own, for its owner alone', () => {
  expect(initStack(folder).written).toEqual(['POSTGRES_PASSWORD', 'MINIO_ROOT_PASSWORD']);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  const { POSTGRES_PASSWORD, MINIO_ROOT_PASSWORD, MINIO_ROOT_USER, ...rest } = values();
  expect(POSTGRES_PASSWORD).toMatch(/^[\w-]{24}$/);
  expect(MINIO_ROOT_PASSWORD).toMatch(/^[\w-]{24}$/);
  expect(POSTGRES_PASSWORD).not.toBe(MINIO_ROOT_PASSWORD);
  expect(MINIO_ROOT_USER).toBe('minio');
  expect(rest).toEqual({});
  expect(readdirSync(folder).sort()).toEqual(['.env', '.env.example']);
});

test('a second run changes nothing', () => {
  initStack(folder);
  const before = readFileSync(file(), 'utf8');
  expect(initStack(folder)).toEqual({ file: file(), written: [] });
  expect(readFileSync(file(), 'utf8')).toBe(before);
});

test('an .env that is there keeps all that it says, and gets only what it lacks', () => {
  const before = '# mine\nexport POSTGRES_PASSWORD=chosen\nSLACK_WEBHOOK_URL=\nPRODUCER_RATE=3';
  writeFileSync(file(), before, { mode: 0o644 });
  expect(initStack(folder).written).toEqual(['MINIO_ROOT_PASSWORD']);
  expect(readFileSync(file(), 'utf8').startsWith(`${before}\nMINIO_ROOT_PASSWORD=`)).toBe(true);
  expect(values()).toMatchObject({ POSTGRES_PASSWORD: 'chosen', SLACK_WEBHOOK_URL: '', PRODUCER_RATE: '3' });
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});
