import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connectConsole } from '../../src/console/control-client.ts';
import { SluiceError } from '../../src/pipeline/errors.ts';
import { makeConsole, removeFolders, until, type TestConsole } from './support/console.ts';

const open: TestConsole[] = [];
const make = (...args: Parameters<typeof makeConsole>): TestConsole => {
  const made = makeConsole(...args);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const { console } of open.splice(0)) await console.stop();
  removeFolders();
});

const states = async ({ console }: TestConsole) => {
  const { queries } = await console.call('snapshot', {});
  return [queries.bronze.state, queries.alert.state];
};

describe('coming up and going down', () => {
  test('starts the producer only once both queries run, and stops queries before the stack', async () => {
    const made = make();
    await made.console.start();
    await made.console.waitUntilRunning();
    expect(made.stack.calls).toEqual(['start', 'produce']);
    expect(await states(made)).toEqual(['RUNNING', 'RUNNING']);
    await made.console.stop();
    expect(made.stack.calls).toEqual(['start', 'produce', 'stop']);
    expect(await states(made)).toEqual(['STOPPED', 'STOPPED']);
  });

  test('a stack that fails is told in the snapshot, and nothing else is started', async () => {
    const made = make();
    const facts = {
      tried: 'Starting PostgreSQL',
      seen: 'port 5432 is taken',
      expected: 'a free port',
      action: 'Choose another.',
    };
    made.stack.failure = new SluiceError('PORT_TAKEN', facts);
    await expect(made.console.start()).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    const { console } = await made.console.call('snapshot', {});
    expect(console).toMatchObject({ stack: 'FAILED', error: { code: 'PORT_TAKEN' } });
    await expect(made.console.call('query.start', { query: 'all' })).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
  });

  test('a fenced query makes waiting end with its error, and the producer stays silent', async () => {
    const made = make({ topic: 'fenced' });
    await made.console.start();
    await expect(made.console.waitUntilRunning()).rejects.toMatchObject({ code: 'FENCED' });
    expect(made.stack.calls).toEqual(['start']);
    const { queries } = await made.console.call('snapshot', {});
    expect(queries.bronze).toMatchObject({ verdict: 'WARN', headline: 'Another console runs Bronze.' });
  });

  test('a second console on the same folder is refused and names the first', async () => {
    const first = make();
    await first.console.start();
    const second = make({ home: first.home });
    await expect(second.console.start()).rejects.toMatchObject({
      code: 'OWNED_BY_OTHER',
      seen: expect.stringContaining(`process ${process.pid}`),
    });
    await first.console.stop();
    const third = make({ home: first.home });
    await third.console.start();
  });

  test('a settings file that is damaged is put aside, named in a notice and not lost', async () => {
    const made = make();
    writeFileSync(path.join(made.home, 'settings.json'), '{"producer.rate": -4}');
    await made.console.start();
    const { notices } = await made.console.call('snapshot', {});
    const aside = /put aside as (\S+);/.exec(notices[0]?.text ?? '')?.[1] ?? '';
    expect(notices[0]?.text).toContain('producer.rate is -4');
    expect(readFileSync(aside, 'utf8')).toBe('{"producer.rate": -4}');
    expect(existsSync(path.join(made.home, 'settings.json'))).toBe(false);
  });

  test('a flag that cannot be used stops the start and gives the folder back', async () => {
    const made = make({ settings: { 'producer.rate': 'fast' } });
    await expect(made.console.start()).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
    const again = make({ home: made.home });
    await again.console.start();
  });
});

describe('commands', () => {
  test('restart runs again under another run id; stop and start settle', async () => {
    const made = make();
    await made.console.start();
    await made.console.waitUntilRunning();
    const before = (await made.console.call('snapshot', {})).queries.bronze.runId;
    await made.console.call('query.restart', { query: 'bronze' });
    const after = await until(async () => {
      const { bronze } = (await made.console.call('snapshot', {})).queries;
      return bronze.state === 'RUNNING' && bronze.runId !== before && bronze.runId;
    });
    expect(after).not.toBe(before);
    await made.console.call('query.stop', { query: 'all' });
    await until(async () => (await states(made)).every((state) => state === 'STOPPED'));
    await made.console.call('query.start', { query: 'alert' });
    await until(async () => (await states(made)).join() === 'STOPPED,RUNNING');
  });

  test('clear wants the typed name, and then stops, clears and starts again', async () => {
    const made = make();
    await made.console.start();
    await made.console.waitUntilRunning();
    const runId = (await made.console.call('snapshot', {})).queries.bronze.runId;
    await expect(
      made.console.call('checkpoint.clear', { query: 'bronze', from: 'table', confirm: 'alert' }),
    ).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    expect((await made.console.call('snapshot', {})).queries.bronze.runId).toBe(runId);
    const clearing = made.console.call('checkpoint.clear', { query: 'bronze', from: 'table', confirm: 'bronze' });
    await expect(made.console.call('query.start', { query: 'bronze' })).rejects.toMatchObject({
      code: 'NOT_ALLOWED_NOW',
    });
    await expect(clearing).resolves.toMatchObject({ newQueryId: 'query-2' });
    await until(async () => (await states(made))[0] === 'RUNNING');
    expect((await made.console.call('snapshot', {})).queries.bronze.runId).not.toBe(runId);
  });

  test('a loss is accepted only while the query does not run, and then it starts', async () => {
    const made = make();
    await made.console.start();
    await made.console.waitUntilRunning();
    const { gaps } = await made.console.call('loss.preview', { query: 'bronze' });
    const accept = () => made.console.call('loss.accept', { query: 'bronze', gaps: [...gaps] });
    await expect(accept()).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
    await made.console.call('query.stop', { query: 'bronze' });
    await until(async () => (await states(made))[0] === 'STOPPED');
    await expect(accept()).resolves.toMatchObject({ total: 3 });
    await until(async () => (await states(made))[0] === 'RUNNING');
  });

  test('clearing a stopped query leaves it stopped', async () => {
    const made = make();
    await made.console.start();
    await made.console.waitUntilRunning();
    await made.console.call('query.stop', { query: 'bronze' });
    await made.console.call('checkpoint.clear', { query: 'bronze', from: 'table', confirm: 'bronze' });
    expect((await states(made))[0]).toMatch(/STOPP/);
  });

  test.each([
    ['query.explode', {}],
    ['query.start', { query: 'silver' }],
    ['query.start', { query: 'bronze', force: true }],
    ['logs.read', { limit: 1e9 }],
    ['checkpoint.preview', { query: 'bronze', from: 'yesterday' }],
    ['loss.accept', { query: 'bronze', gaps: [] }],
    ['loss.accept', { query: 'bronze', gaps: [{ partition: 0, from: '-1', to: '5' }] }],
    ['__proto__', {}],
  ])('%s with %j is refused', async (name, args) => {
    const made = make();
    await made.console.start();
    await expect(made.console.call(name as 'snapshot', args as Record<string, never>)).rejects.toMatchObject({
      code: 'COMMAND_INVALID',
    });
  });

  test('the log holds what a thread said, made safe, without our environment and without the password', async () => {
    const made = make({ topic: 'noisy' });
    await made.console.start();
    await made.console.waitUntilRunning();
    made.stack.onEvent({
      type: 'log',
      line: { at: 1, level: 'info', source: 'postgres', message: 'with hush-hush-hush' },
    });
    const { lines } = await until(async () => {
      const read = await made.console.call('logs.read', { grep: 'card|Batch|with' });
      return read.lines.some(({ message }) => message.includes('card')) && read;
    });
    const text = lines.map(({ message }) => message).join('\n');
    expect(text).toContain('card 4\\x1b[31m');
    expect(text).toContain('with [secret]');
    expect(text).not.toMatch(/hush|"HOME"|"PATH"/);
    expect(lines.some(({ message }) => message.startsWith('Batch 0: run'))).toBe(true);
    const file = path.join(made.home, 'logs', 'sluice.log');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  test('a late listener can read the whole truth and then hears changes', async () => {
    const made = make();
    await made.console.start();
    await made.console.waitUntilRunning();
    const remote = await connectConsole(made.home);
    const snapshot = await remote!.call('snapshot', {});
    expect(snapshot.lag.bronze?.total).toBe(0);
    expect(snapshot.table?.rows).toBe(12);
    const heard: string[] = [];
    remote!.subscribe(
      (event) => event.type === 'parts' && event.parts.queries && heard.push(event.parts.queries.alert.state),
    );
    await remote!.call('query.stop', { query: 'alert' });
    await until(() => heard.includes('STOPPED'));
    remote!.close();
  });
});

test('drain pauses the producer, and the summary says what is stored', async () => {
  const made = make();
  await made.console.start();
  await made.console.waitUntilRunning();
  expect(await made.console.drain(10_000)).toBe(true);
  expect(made.stack.calls).toContain('pause');
  await made.console.stopQueries();
  expect(await made.console.summary(1.26)).toEqual({
    bronze: { rows: 12, batches: 5, deltaVersion: 4, table: '/table', checkpoint: '/checkpoint', deadLetters: 0 },
    alert: { predictions: 12, frauds: 3, alerts: 3, batches: 5, checkpoint: '/checkpoint', deadLetters: 0 },
    offsets: { bronze: { '0': 12 }, alert: { '0': 12 }, end: { '0': 12 } },
    seconds: 1.3,
  });
});
