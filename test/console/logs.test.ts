import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openLogFile } from '../../src/console/log-file.ts';
import { safeText } from '../../src/console/log-text.ts';
import { createLogs, type Logs, type LogsOptions } from '../../src/console/logs.ts';
import type { LogLine } from '../../src/pipeline/events.ts';
import { removeFolders, temporaryFolder } from './support/console.ts';

afterEach(() => {
  vi.useRealTimers();
  removeFolders();
});

const line = (message: string, change: Partial<LogLine> = {}): LogLine => ({
  at: 1,
  level: 'info',
  source: 'alert',
  message,
  ...change,
});
const make = (options: Partial<LogsOptions> = {}): Logs =>
  createLogs({ level: 'info', redact: (text) => text, write: () => undefined, ...options });
const texts = (logs: Logs, grep?: string) => logs.read({ grep, limit: 1_000 }).lines.map(({ message }) => message);

describe('searching', () => {
  const logs = make();
  [
    'Batch 7: Processing 50 transactions',
    'Batch 7: Inserted 50 NEW transactions',
    'Fraud detected: 3',
    'ALERT sent for T (HIGH risk)',
    'said (a',
  ].forEach((text) => logs.append(line(text)));
  logs.append(line('Batch 1: Writing', { source: 'bronze' }));

  test.each([
    ['Batch|NEW', 3],
    ['Batch|NEW|Fraud|ALERT', 5],
    ['Batch|Bronze', 3],
    ['^\\[Bronze\\]', 1],
    ['ALERT', 1],
    ['(a', 1],
    ['nothing like it', 0],
    ['', 6],
  ])('%j finds %i lines', (pattern, found) => expect(texts(logs, pattern)).toHaveLength(found));

  test('a pattern that would take for ever is refused in a moment', () => {
    const slow = make();
    slow.append(line(`${'a'.repeat(50)}!`));
    const began = Date.now();
    expect(() => texts(slow, '(a+)+$')).toThrow(/takes longer/);
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});

describe('the ring', () => {
  test('numbers rise by one, the oldest lines go, and reading on misses none that is kept', () => {
    const logs = make({ capacity: 100 });
    for (let n = 1; n <= 250; n++) logs.append(line(`line ${n}`));
    const all = logs.read({ limit: 1_000 });
    expect(all.lines.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => index + 151));
    const page = logs.read({ after: 200, limit: 20 });
    expect([page.lines[0]?.id, page.lines.at(-1)?.id, page.last]).toEqual([201, 220, 220]);
    expect(logs.read({ after: 230, grep: 'no', limit: 20 })).toEqual({ lines: [], last: 250 });
    expect(logs.read({ limit: 3 }).lines.map(({ id }) => id)).toEqual([248, 249, 250]);
  });

  test('of equal lines ten a second are kept, and then one with the count', () => {
    vi.useFakeTimers();
    const logs = make();
    for (let n = 0; n < 500; n++) logs.append(line('again'));
    logs.append(line('other'));
    vi.advanceTimersByTime(1_000);
    expect(texts(logs)).toEqual([...Array<string>(10).fill('again'), 'other', 'again (490 more times)']);
    logs.append(line('again'));
    expect(texts(logs)).toHaveLength(13);
    logs.close();
  });

  test('lines below the level are not kept', () => {
    const logs = make({ level: 'warn' });
    logs.append(line('quiet'));
    logs.append(line('loud', { level: 'error' }));
    expect(texts(logs)).toEqual(['loud']);
  });
});

describe('safe text', () => {
  test.each([
    ['\u001b[31mred', '\\x1b[31mred'],
    ['one\r\ntwo', 'one\\x0d\\ntwo'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['a\u0000b\u200bc', 'a\\x00b\\u200bc'],
    ['•••• 4184 🚨 tab\there', '•••• 4184 🚨 tab here'],
  ])('%j becomes %j', (text, safe) => expect(safeText(text)).toBe(safe));

  test.each(['x', '€', '\u001b', '🚨'])('a megabyte of %j becomes one line of 8 KB', (character) => {
    const text = safeText(character.repeat(1_000_000));
    expect(Buffer.byteLength(text)).toBeLessThan(8 * 1024 + 20);
    expect(text).toMatch(/ … \(cut\)$/);
    expect(text).not.toContain('\ufffd');
  });
});

describe('the file', () => {
  const entry = (id: number, message: string) => ({ ...line(message), id });

  test('is JSON lines for its owner only, in five files of bounded size', () => {
    const file = path.join(temporaryFolder(), 'sluice.log');
    const log = openLogFile({ file, maxBytes: 1_000, onFailure: (error) => expect.fail(String(error)) });
    for (let n = 1; n <= 200; n++) log.write(entry(n, `message ${n}`));
    log.close();
    const files = [file, 1, 2, 3, 4].map((each) => (typeof each === 'string' ? each : `${file}.${each}`));
    const ids = files.reverse().flatMap((each) =>
      readFileSync(each, 'utf8')
        .trim()
        .split('\n')
        .map((text) => (JSON.parse(text) as { id: number }).id),
    );
    expect(ids.at(-1)).toBe(200);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => 201 - ids.length + index));
    for (const each of files)
      expect([statSync(each).mode & 0o777, statSync(each).size <= 1_000]).toEqual([0o600, true]);
    expect(existsSync(`${file}.5`)).toBe(false);
  });

  test('that cannot be written is told once, and written again when it can be', () => {
    const file = path.join(temporaryFolder(), 'sluice.log');
    mkdirSync(file);
    const failures: Error[] = [];
    const log = openLogFile({ file, onFailure: (error) => failures.push(error) });
    log.write(entry(1, 'lost'));
    log.write(entry(2, 'lost'));
    expect(failures).toHaveLength(1);
    rmdirSync(file);
    log.write(entry(3, 'kept'));
    log.close();
    expect(readFileSync(file, 'utf8')).toContain('kept');
  });
});
