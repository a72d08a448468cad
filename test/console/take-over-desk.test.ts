import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openTakeOverDesk, readEngine, type AlertEngine } from '../../src/console/take-over-desk.ts';
import type { HandOverPlan } from '../../src/console/contract.ts';
import type { RunView } from '../../src/console/supervisor.ts';
import type { QueryName, QueryState } from '../../src/pipeline/events.ts';
import type { TakeOverView } from '../../src/pipeline/handover/take-over-view.ts';
import { makeConsole, removeFolders, temporaryFolder, until, type TestConsole } from './support/console.ts';

const open: TestConsole[] = [];
afterEach(async () => {
  for (const { console } of open.splice(0)) await console.stop();
  removeFolders();
});

const seen = (query: QueryName, change: Partial<TakeOverView> = {}): TakeOverView => ({
  query,
  checkpoint: {
    path: '/checkpoint',
    exists: true,
    queryId: 'q',
    lastOffsets: 12,
    lastCommit: 11,
    inDoubt: true,
    objects: 1,
    bytes: 1,
    newestAt: 1,
    offsetsText: null,
    offsetsName: null,
    owner: null,
  },
  topic: 't',
  engine: 'Spark 4, or Sluice after it',
  writer: { verdict: 'gone', why: 'The lease was given back.' },
  table: null,
  decision: { do: 'resume', drop: null, confirm: [], rerun: null, next: 13 },
  next: { batch: 13, again: false, start: { 0: '7' }, end: null },
  lag: null,
  readAgain: null,
  findings: [],
  wayBack: [],
  ...change,
});

const OWN: AlertEngine = { current: () => 'sluice', fixedBy: null, set: () => undefined };

function desk(view: TakeOverView, state: QueryState = 'STOPPED', engine: AlertEngine = OWN) {
  const begun: QueryName[] = [];
  const run = () => ({ state }) as RunView;
  const parts = { look: async () => view, run, engine, begin: (query: QueryName) => void begun.push(query) };
  const handOver = (query: QueryName, now: Pick<HandOverPlan, 'runsHere' | 'leaves'>): HandOverPlan => ({
    query,
    ...now,
    obstacle: null,
    commands: [],
    secrets: [],
    notes: [],
  });
  return { ...openTakeOverDesk({ ...parts, handOver, say: () => undefined }), begun };
}

const said = { lastCommit: 11, sparkIsStopped: false };

describe('the plan', () => {
  it('tells what a start would do, in order', async () => {
    const { plan } = desk(
      seen('bronze', {
        decision: { do: 'resume', drop: null, confirm: [12], rerun: null, next: 13 },
        readAgain: { batches: 8, records: 1_204, gone: [{ partition: 0, from: '5', to: '25' }] },
      }),
    );
    const { does, refusal, asksWhetherStopped } = await plan('bronze');
    expect({ refusal, asksWhetherStopped }).toEqual({ refusal: null, asksWhetherStopped: false });
    expect(does).toEqual([
      'Batch 12 is in the table already: it is confirmed, and not run again.',
      'Bronze goes on with batch 13, where the one before ended. No record is lost or doubled.',
      'Beside its batches it reads 1,204 records of 8 batches again, for the dead letters and notes that Spark does not write.',
      expect.stringMatching(/^20 records of them are gone from the topic: .* unaudited/) as string,
      expect.stringContaining('Nothing is converted or moved') as string,
    ]);
  });

  it('says that an open batch is run once more', async () => {
    const { plan } = desk(seen('bronze', { next: { batch: 12, again: true, start: {}, end: {} } }));
    expect((await plan('bronze')).does[0]).toContain('runs batch 12 once more, over the same offsets');
  });

  it.each([
    [null, 'There is no batch yet: Bronze begins as a new query.'],
    [
      { batch: 0, again: false, start: {}, end: null },
      'runs the first one, from the offsets that the checkpoint holds',
    ],
  ])('says where a query without a batch begins: %#', async (next, words) => {
    expect((await desk(seen('bronze', { next })).plan('bronze')).does[0]).toContain(words);
  });

  it.each([
    ['somebody writes', seen('bronze', { writer: { verdict: 'lives', why: 'The lease is held by a Spark.' } }), 'held'],
    [
      'a start would fail',
      seen('bronze', { decision: { do: 'fail', code: 'TABLE_BEHIND', seen: 'txn 9', expected: '11' } }),
      'TABLE_BEHIND',
    ],
  ])('refuses while %s, and so does the act', async (_name, view, word) => {
    const { plan, takeOver, begun } = desk(view);
    const { refusal, does } = await plan('bronze');
    expect(refusal).toMatchObject({ code: 'NOT_ALLOWED_NOW', seen: expect.stringContaining(word) as string });
    expect(does).toEqual([]);
    await expect(takeOver('bronze', { ...said, sparkIsStopped: true })).rejects.toMatchObject({ seen: refusal?.seen });
    expect(begun).toEqual([]);
  });

  it('lets a query begin that nobody has run yet', async () => {
    const checkpoint = { ...seen('bronze').checkpoint, exists: false, lastCommit: null };
    const { plan, takeOver, begun } = desk(seen('bronze', { checkpoint, decision: { do: 'create' }, next: null }));
    expect((await plan('bronze')).does[0]).toContain('begins as a new query');
    await takeOver('bronze', { ...said, lastCommit: null });
    expect(begun).toEqual(['bronze']);
  });

  it('refuses a query that runs here', async () => {
    const { plan } = desk(seen('bronze'), 'RUNNING');
    expect((await plan('bronze')).refusal?.seen).toBe('Bronze is RUNNING in this console');
  });
});

describe('the act', () => {
  it('starts the query, once what was shown still stands', async () => {
    const { takeOver, begun } = desk(seen('bronze'));
    await expect(takeOver('bronze', { ...said, lastCommit: 10 })).rejects.toMatchObject({
      seen: 'batch 11 is confirmed by now',
    });
    expect(begun).toEqual([]);
    await takeOver('bronze', said);
    expect(begun).toEqual(['bronze']);
  });

  it('wants to be told that Spark has stopped where nothing tells', async () => {
    const { plan, takeOver, begun } = desk(seen('bronze', { writer: { verdict: 'perhaps', why: 'Nothing tells.' } }));
    expect(await plan('bronze')).toMatchObject({ asksWhetherStopped: true, refusal: null });
    await expect(takeOver('bronze', said)).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
    await takeOver('bronze', { ...said, sparkIsStopped: true });
    expect(begun).toEqual(['bronze']);
  });
});

describe('Alert that is left to Spark', () => {
  const engineIn = (home: string, origin: 'settings.json' | 'environment', value = 'spark'): AlertEngine =>
    readEngine({
      settings: { 'alert.engine': value },
      origins: { 'alert.engine': origin },
      where: () => 'ALERT_ENGINE in the environment',
      paths: { settings: path.join(home, 'settings.json') },
    } as unknown as Parameters<typeof readEngine>[0]);

  it('is set back in the settings file, which is kept as it was', async () => {
    const home = temporaryFolder();
    const file = path.join(home, 'settings.json');
    writeFileSync(file, '{"alert.engine":"spark","log.level":"warn"}');
    const engine = engineIn(home, 'settings.json');
    const { plan, takeOver, begun } = desk(seen('alert'), 'RUNNING', engine);
    expect((await plan('alert')).does[0]).toContain('alert.engine becomes sluice');
    await takeOver('alert', said);
    expect(begun).toEqual(['alert']);
    expect(engine.current()).toBe('sluice');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ 'alert.engine': 'sluice', 'log.level': 'warn' });
    expect(readFileSync(path.join(home, 'settings.before-take-over.json'), 'utf8')).toContain('"spark"');
  });

  it('stays so where the setting is not this console’s to change, and says where it stands', async () => {
    const { plan } = desk(seen('alert'), 'RUNNING', engineIn(temporaryFolder(), 'environment'));
    expect((await plan('alert')).refusal?.seen).toContain('ALERT_ENGINE in the environment');
  });
});

describe('leaving Alert to Spark', () => {
  const fixed: AlertEngine = { ...OWN, fixedBy: 'ALERT_ENGINE in the environment' };

  it('sets the engine and starts Alert again, which then only sends', () => {
    const set: string[] = [];
    const engine: AlertEngine = { ...OWN, set: (to) => void set.push(to) };
    const { handOver, leave, begun } = desk(seen('alert'), 'RUNNING', engine);
    expect(handOver('alert')).toMatchObject({ leaves: true, runsHere: true });
    expect(handOver('bronze')).toMatchObject({ leaves: false, runsHere: true });
    leave();
    expect({ set, begun }).toEqual({ set: ['spark'], begun: ['alert'] });
  });

  it.each([
    ['the setting is not its own to change', fixed, 'ALERT_ENGINE in the environment'],
    ['it is so already', { ...OWN, current: () => 'spark' } as AlertEngine, 'left to Spark already'],
  ])('is refused where %s', (_name, engine, word) => {
    const { handOver, leave, begun } = desk(seen('alert'), 'RUNNING', engine);
    expect(handOver('alert').leaves).toBe(false);
    expect(leave).toThrow(word);
    expect(begun).toEqual([]);
  });
});

it('is reached by commands: Spark runs both, gives back, and the console goes on', async () => {
  const made = makeConsole({ topic: 'spark' });
  open.push(made);
  await made.console.start();
  const query = async (name: QueryName) => (await made.console.call('snapshot', {})).queries[name];
  await until(async () => (await query('bronze')).state === 'FAILED');
  const bronze = await until(async () => {
    const now = await query('bronze');
    return now.runner && now;
  });
  expect(bronze).toMatchObject({
    headline: 'Spark runs Bronze.',
    runner: { engine: 'spark', owner: { host: 'etl-1', pid: 7 }, lastBatch: 4, table: { version: 4 } },
  });
  const { view } = await made.console.call('takeOver.plan', { query: 'bronze' });
  expect(view.query).toBe('bronze');
  await until(async () => (await query('bronze')).runner === null);
  await expect(
    made.console.call('takeOver.confirm', { query: 'bronze', lastCommit: 3, sparkIsStopped: true }),
  ).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
  const before = bronze.since;
  await made.console.call('takeOver.confirm', { query: 'bronze', lastCommit: 4, sparkIsStopped: true });
  await until(async () => (await query('bronze')).since > before);
  expect(await made.console.call('handOver.plan', { query: 'alert' })).toMatchObject({ query: 'alert', commands: [] });
  await expect(made.console.call('handOver.leave', {})).rejects.toMatchObject({
    seen: expect.stringContaining('PostgreSQL') as string,
  });
});
