import { cpSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectTakeOver } from '../../../src/pipeline/handover/take-over.ts';
import type { TakeOverView } from '../../../src/pipeline/handover/take-over-view.ts';
import { takeLease } from '../../../src/pipeline/ownership/lease.ts';
import type { Source } from '../../../src/pipeline/ports.ts';
import { systemClock } from '../../../src/pipeline/clock.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { memorySource } from '../support/memory-source.ts';
import { afterOf, envelope, FIXTURES, goldenRecords } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const HOUR_MS = 3_600_000;
const QUERY_ID = 'c5bf0e66-abe1-4b98-948d-161b3155fbbd';

/** What Spark left after batch 11, changed by `damage`, and looked at some hours later. */
async function look(damage: (root: string) => void = () => undefined, changes: Changes = {}): Promise<TakeOverView> {
  const { golden = 'golden', hours = 3, source = null } = changes;
  const root = tempFolder();
  cpSync(path.join(FIXTURES, golden, 'checkpoint'), path.join(root, 'checkpoint'), { recursive: true });
  cpSync(path.join(FIXTURES, golden, 'log'), path.join(root, 'table'), { recursive: true });
  damage(root);
  const before = fingerprint(root);
  const at = (name: string) => ({ store: openLocalStore(path.join(root, name)), path: name });
  const clock = { ...systemClock, now: () => Date.now() + hours * HOUR_MS };
  const table = changes.table === false ? null : at('table');
  const parts = { checkpoint: at('checkpoint'), table, source: source && (async () => source), clock };
  const view = await inspectTakeOver({ query: 'bronze', ...parts });
  expect(fingerprint(root)).toEqual(before);
  return view;
}

interface Changes {
  readonly golden?: string;
  readonly hours?: number;
  readonly source?: Source | null;
  readonly table?: false;
}

/** Names, times and contents of everything below. */
function fingerprint(root: string): string[] {
  const files = readdirSync(root, { recursive: true }).map(String).sort();
  return files.map((file) => {
    const stat = statSync(path.join(root, file));
    return `${file} ${stat.mtimeMs} ${stat.isFile() ? readFileSync(path.join(root, file), 'base64') : ''}`;
  });
}

/** The topic as it was read, and with `more` records behind it. */
function topicWith(more: number): Source {
  const source = memorySource(3, 'golden.public.transactions');
  source.appendRecords(goldenRecords());
  source.append(
    0,
    Array.from({ length: more }, (_, n) => envelope(afterOf(n))),
  );
  return source;
}

const remove = (root: string, ...keys: string[]): void => keys.forEach((key) => rmSync(path.join(root, key)));
const version = (n: number): string => `table/_delta_log/${String(n).padStart(20, '0')}.json`;

describe('a look at a checkpoint of Spark', () => {
  it('tells where it stands, what comes next and the way back, and changes nothing', async () => {
    const view = await look();
    expect(view).toMatchObject({
      topic: 'golden.public.transactions',
      engine: 'Spark 3.5, or Sluice',
      checkpoint: { queryId: QUERY_ID, lastOffsets: 11, lastCommit: 11, inDoubt: false },
      table: { version: 11, txn: 11, unmarkedCommits: 0 },
      decision: { do: 'resume', rerun: null, next: 12 },
      next: { batch: 12, again: false, end: null, start: { 0: '77', 1: '79', 2: '56' } },
      lag: null,
      findings: [],
    });
    expect(view.writer.verdict).toBe('perhaps');
    expect(view.wayBack).toHaveLength(2);
  });

  it.each([
    ['golden-3.4', 'Spark 3.4 or older, or Sluice after it'],
    ['golden-4.0', 'Spark 4, or Sluice after it'],
  ])('knows the release by its settings: %s', async (golden, engine) => {
    expect(await look(undefined, { golden })).toMatchObject({ engine, findings: [], decision: { do: 'resume' } });
  });

  it('sees an open batch that is in the table, and one that is not', async () => {
    const inside = await look((root) => remove(root, 'checkpoint/commits/11'));
    expect(inside).toMatchObject({ decision: { confirm: [11], rerun: null }, next: { batch: 12, again: false } });
    expect(inside.findings).toEqual(['Batch 11 is promised and not confirmed.']);
    const outside = await look((root) => remove(root, 'checkpoint/commits/11', version(11)));
    expect(outside.next).toMatchObject({ batch: 11, again: true, end: { 0: '77', 1: '79', 2: '56' } });
  });

  it('warns of a job that leaves no mark in the table', async () => {
    const view = await look(undefined, { golden: 'golden/foreach' });
    expect(view.table).toMatchObject({ txn: null, unmarkedCommits: 4 });
    expect(view.decision).toMatchObject({ do: 'resume', next: 4 });
    expect(view.findings).toEqual([expect.stringContaining('no mark (txn) of this query') as string]);
    expect(view.wayBack.at(-1)).toContain('only after a clean stop');
  });

  it('says what a start would stop at', async () => {
    const behind = await look((root) => remove(root, version(11)));
    expect(behind.decision).toMatchObject({ do: 'fail', code: 'TABLE_BEHIND' });
    expect(behind.findings[0]).toMatch(/^Sluice would not start: TABLE_BEHIND/);
    expect(behind.next).toBeNull();
    const other = await look((root) => {
      rmSync(path.join(root, 'checkpoint/offsets/.11.crc'));
      writeFileSync(path.join(root, 'checkpoint/offsets/11'), 'v2\n{}\n{"t":{"0":1}}');
    });
    expect(other).toMatchObject({ decision: null, next: null });
    expect(other.findings[0]).toContain('offsets/11');
  });

  it('says so when the table was not looked at, and when there is nothing', async () => {
    expect((await look(undefined, { table: false })).findings).toEqual([
      'The table was not looked at: name it with --table.',
    ]);
    const nothing = await look((root) => rmSync(path.join(root, 'checkpoint'), { recursive: true }));
    expect(nothing.findings[0]).toBe('There is no checkpoint at this address.');
  });
});

describe('whether somebody still writes', () => {
  it('is certain when the lease is held, and when a file is young', async () => {
    const owner = { runId: 'run', host: 'elsewhere', pid: 7 };
    const root = tempFolder();
    cpSync(path.join(FIXTURES, 'golden', 'checkpoint'), root, { recursive: true });
    const store = openLocalStore(root);
    await takeLease({ store, owner, clock: systemClock, replaceOwn: false });
    const held = await inspectTakeOver({
      query: 'bronze',
      checkpoint: { store, path: root },
      table: null,
      source: null,
      clock: systemClock,
    });
    expect(held.writer).toEqual({
      verdict: 'lives',
      why: 'The lease is held by a Sluice, process 7 on elsewhere.',
    });
    expect(
      (await look((root) => writeFileSync(path.join(root, 'checkpoint/.x.tmp'), ''), { hours: 0 })).writer,
    ).toMatchObject({
      verdict: 'lives',
      why: expect.stringContaining('Its newest file was written') as string,
    });
  });

  it('is ruled out by a lease that was given back, unless a file is younger than that', async () => {
    const root = tempFolder();
    cpSync(path.join(FIXTURES, 'golden', 'checkpoint'), root, { recursive: true });
    const store = openLocalStore(root);
    const owner = { runId: 'run', host: 'elsewhere', pid: 7 };
    const lease = await takeLease({ store, owner, clock: systemClock, replaceOwn: false });
    await lease.release();
    const again = () =>
      inspectTakeOver({
        query: 'bronze',
        checkpoint: { store, path: root },
        table: null,
        source: null,
        clock: systemClock,
      });
    expect((await again()).writer).toEqual({
      verdict: 'gone',
      why: 'The lease was given back 0 s ago by a Sluice, process 7 on elsewhere.',
    });
    const later = new Date(Date.now() + 5_000);
    utimesSync(path.join(root, 'offsets/11'), later, later);
    expect((await again()).writer.verdict).toBe('lives');
  });

  it('is ruled out when records wait and nobody reads them', async () => {
    const waiting = await look(undefined, { source: topicWith(4) });
    expect(waiting.writer).toEqual({ verdict: 'gone', why: '4 records wait, and nothing was written for 3 h.' });
    expect((await look(undefined, { source: topicWith(0) })).writer.verdict).toBe('perhaps');
  });

  it('tells of a topic that is another one', async () => {
    const other = memorySource(3, 'golden.public.transactions');
    const view = await look(undefined, { source: other });
    expect(view.readAgain).toMatchObject({ batches: 12, gone: [] });
    expect(view.findings[0]).toBe('Partition 0 ends at 0, before the next offset 77: another topic, or made anew.');
  });
});
