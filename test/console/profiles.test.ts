/** What a console does differently on a stack that is not embedded, and how its services are commanded. */
import { afterEach, describe, expect, test } from 'vitest';
import type { StackControl } from '../../src/stack/stack.ts';
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

const on = (stack: string) => ({ env: { SLUICE_STACK: stack } });
const states = async ({ console }: TestConsole) => {
  const { queries } = await console.call('snapshot', {});
  return [queries.bronze.state, queries.alert.state];
};

describe('on servers that are in use', () => {
  test('transactions are made only where somebody asks for them', async () => {
    const made = make(on('external'));
    await made.console.start();
    await made.console.waitUntilRunning();
    expect(made.stack.calls).toEqual(['start']);
    await made.console.call('producer.start', {});
    expect(made.stack.calls).toEqual(['start', 'produce']);
  });

  test('a rate that was given asks for them', async () => {
    const made = make({ ...on('external'), settings: { 'producer.mode': 'stream', 'producer.rate': '5' } });
    await made.console.start();
    await made.console.waitUntilRunning();
    expect(made.stack.calls).toEqual(['start', 'produce']);
  });

  test('the profile is shown, and a stack without its stand-in for Slack says that alerts are off', async () => {
    const made = make(on('external'));
    made.stack.preview = null;
    await made.console.start();
    const { console, notices } = await made.console.call('snapshot', {});
    expect(console).toMatchObject({ profile: 'external', slack: 'off' });
    expect(notices).toEqual([expect.objectContaining({ id: 'slack-off', level: 'warn' })]);
  });

  test('alerts that were turned off need no notice', async () => {
    const made = make({ env: { SLUICE_STACK: 'external', SLACK_WEBHOOK_URL: '' } });
    made.stack.preview = null;
    await made.console.start();
    expect((await made.console.call('snapshot', {})).notices).toEqual([]);
  });
});

test('a stack that did not come up is started again, and the queries with it', async () => {
  const made = make(on('external'));
  const facts = { tried: 'Testing Kafka', seen: 'ECONNREFUSED', expected: 'a broker', action: 'Start it.' };
  made.stack.failure = new SluiceError('STACK_FAILED', facts);
  await expect(made.console.start()).rejects.toMatchObject({ code: 'STACK_FAILED' });
  await expect(made.console.call('stack.start', {})).rejects.toMatchObject({ code: 'STACK_FAILED' });
  made.stack.failure = null;
  await made.console.call('stack.start', {});
  const { console } = await made.console.call('snapshot', {});
  expect(console).toMatchObject({ stack: 'UP', error: null });
  await until(async () => (await states(made)).every((state) => state === 'RUNNING'));
});

describe('services', () => {
  test.each([
    ['embedded', 'this is the embedded stack'],
    ['external', 'this is the external stack'],
  ])('of the %s stack are not commanded, and the answer says why', async (stack, seen) => {
    const made = make(on(stack));
    await made.console.start();
    await expect(made.console.call('stack.stop', {})).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW', seen });
  });

  function docker(calls: string[], made: TestConsole): void {
    const say =
      (what: string) =>
      async (service?: string): Promise<void> => {
        calls.push(`${what} ${service ?? ''}, queries ${(await states(made)).join(' ')}`);
      };
    const logs = async () => ({ lines: [{ id: 4, at: 1, text: 'ready' }], last: 4 });
    made.stack.control = {
      start: say('start'),
      stop: say('stop'),
      restart: say('restart'),
      down: say('down'),
      repair: say('repair'),
      logs,
    } satisfies StackControl;
  }

  async function running(): Promise<{ made: TestConsole; calls: string[] }> {
    const made = make(on('docker'));
    const calls: string[] = [];
    docker(calls, made);
    await made.console.start();
    await made.console.waitUntilRunning();
    return { made, calls };
  }

  test('one of them may go while the queries wait for it; all of them only after the queries', async () => {
    const { made, calls } = await running();
    await made.console.call('stack.restart', { service: 'kafka' });
    await made.console.call('stack.stop', { service: 'minio' });
    await made.console.call('stack.stop', {});
    expect(calls).toEqual([
      'restart kafka, queries RUNNING RUNNING',
      'stop minio, queries RUNNING RUNNING',
      'stop all, queries STOPPED STOPPED',
    ]);
    await made.console.call('stack.start', {});
    expect(calls.at(-1)).toBe('start all, queries STOPPED STOPPED');
    await until(async () => (await states(made)).every((state) => state === 'RUNNING'));
  });

  test('a repair waits for the services, then starts the queries anew', async () => {
    const { made, calls } = await running();
    const before = (await made.console.call('snapshot', {})).queries;
    await made.console.call('stack.repair', {});
    expect(calls).toEqual(['repair , queries RUNNING RUNNING']);
    await until(async () => {
      const { bronze, alert } = (await made.console.call('snapshot', {})).queries;
      const isNew = bronze.runId !== before.bronze.runId && alert.runId !== before.alert.runId;
      return isNew && bronze.state === 'RUNNING' && alert.state === 'RUNNING';
    });
  });

  test('down comes after the queries, and logs are read by number', async () => {
    const { made, calls } = await running();
    await made.console.call('stack.down', {});
    expect(calls).toEqual(['down , queries STOPPED STOPPED']);
    expect(await made.console.call('stack.logs', { service: 'kafka', after: 3 })).toMatchObject({ last: 4 });
  });

  test.each([
    ['stack.logs', { service: 'all' }],
    ['stack.stop', { service: 'postgres; rm -rf /' }],
    ['stack.down', { volumes: true }],
  ])('%s with %j is refused', async (name, args) => {
    const { made } = await running();
    await expect(made.console.call(name as 'snapshot', args as never)).rejects.toMatchObject({
      code: 'COMMAND_INVALID',
    });
  });
});
