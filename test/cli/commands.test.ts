/** The commands against a running console, in one process, over its real control socket. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { makeConsole, removeFolders, temporaryFolder, until, type TestConsole } from '../console/support/console.ts';

const installation = { appRoot: '/', version: '1.2.3', workerFile: '', stackWorkerFile: '', migrationsFolder: '' };
let made: TestConsole;
let interrupt: AbortController;

interface Ran {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

async function sluice(line: string, home = made.home, out: string[] = []): Promise<Ran> {
  const err: string[] = [];
  const terminal: Terminal = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    status: () => undefined,
    env: { SLUICE_HOME: home },
    cwd: home,
    interrupted: interrupt.signal,
  };
  const code = await main(line.split(' '), terminal, installation);
  return { code, out, err };
}

beforeEach(() => (interrupt = new AbortController()));
afterEach(async () => {
  await made.console.stop();
  removeFolders();
});
const start = async (topic = 'well'): Promise<void> => {
  made = makeConsole({ topic });
  await made.console.start();
  await made.console.waitUntilRunning().catch(() => undefined);
};

describe('with a running console', () => {
  beforeEach(() => start());

  test('status says it in words, and with --json as it is', async () => {
    const { code, out } = await sluice('status');
    expect(code).toBe(0);
    expect(out.join('\n')).toMatch(/Bronze +RUNNING +OK +Bronze keeps up\. Nothing waits\./);
    const { out: json } = await sluice('status --json');
    expect(json).toHaveLength(1);
    expect(JSON.parse(json[0]!)).toMatchObject({ console: { stack: 'UP' }, queries: { alert: { state: 'RUNNING' } } });
  });

  test('stop, start and restart wait until it is done', async () => {
    expect(await sluice('stop bronze')).toMatchObject({ code: 0, out: ['Bronze is STOPPED.'] });
    expect(await sluice('start bronze')).toMatchObject({ code: 0, out: ['Bronze is RUNNING.'] });
    const before = JSON.parse((await sluice('restart --json')).out[0]!) as { alert: { runId: string } };
    const after = JSON.parse((await sluice('restart alert --json')).out[0]!) as {
      alert: { state: string; runId: string };
    };
    expect(after.alert.state).toBe('RUNNING');
    expect(after.alert.runId).not.toBe(before.alert.runId);
  });

  test('a transaction is followed step by step, and with --json as it is', async () => {
    expect(await sluice('trace t1')).toMatchObject({
      code: 0,
      out: [
        'Change event  p2 offset 17, op c, committed 2024-12-24T00:26:40.000Z, LSN 0/1A9C4410',
        'Stored        $900.00 at Kozey, card •••• 4184',
        'Bronze        batch 3, version 4',
        '              year=2020/part-0.parquet (version 4)',
        'Alert         fraud, HIGH 0.9000 by trees, batch 5, 2024-12-24T00:26:40.500Z',
        'Slack         sent 2024-12-24T00:26:41.000Z, message 9',
      ],
    });
    expect(JSON.parse((await sluice('trace t1 --json')).out[0]!)).toMatchObject({ transNum: 't1', waiting: null });
    expect((await sluice('trace')).code).toBe(2);
  });

  test('a score is explained input by input, and a newer model than the stored one is told', async () => {
    expect(await sluice('explain t2')).toMatchObject({
      code: 0,
      out: [
        'score      no fraud, LOW, 0.0120 by trees-2',
        'stored     0.0110 by trees',
        'defaults   age',
        'what each input added, in log-odds:',
        '    -7.10  start',
        '    +2.50  amt                 12.35',
        'in words:',
        '- Amount $12.35 (+2.50)',
      ],
    });
    expect(JSON.parse((await sluice('explain t2 --json')).out[0]!)).toMatchObject({ transNum: 't2', isFraud: false });
    expect((await sluice('explain')).code).toBe(2);
  });

  test('dead letters are listed with their reasons, and a full quarantine is told', async () => {
    const { code, out, err } = await sluice('dead-letters');
    expect(code).toBe(0);
    expect(out).toEqual([
      'p3-80771-0a1b2c3d  2024-12-24T00:26:40.000Z  NOT_JSON  5 B  bronze batch 4  the value is not JSON from position 2 on',
    ]);
    expect(err).toEqual([
      'NOT_JSON             1 record, 1 not replayed',
      'The quarantine has 900 bytes of 1000; nothing is dropped by itself.',
    ]);
    const shown = await sluice('dead-letters show p3-80771-0a1b2c3d');
    expect(shown.out.slice(1)).toEqual([
      'key none, reading ended at byte 2',
      `00000000  7b ••${' '.repeat(42)}  {•`,
      'and 3 bytes more',
    ]);
    expect((await sluice('dead-letters export')).out[0]).toMatch(
      /^1 letter of 1, card numbers masked, in .*exports\/dead-letters-.*\.jsonl$/,
    );
  });

  test('a replay without --yes is a dry run that ends with 2, with it the query stands still and goes on', async () => {
    const before = (await made.console.call('snapshot', {})).queries;
    const dry = await sluice('dead-letters replay');
    expect([dry.code, dry.out]).toEqual([
      2,
      [
        'p3-80771-0a1b2c3d  Bronze: a row, amount 9.5',
        '1 of 1 letter: would be 1 row in Bronze, 0 predictions, 0 alerts',
      ],
    ]);
    expect((await made.console.call('snapshot', {})).queries.bronze.runId).toBe(before.bronze.runId);
    const done = await sluice('dead-letters replay --reason NOT_JSON --yes');
    expect([done.code, done.out[1]]).toEqual([
      0,
      '1 of 1 letter: 1 row in Bronze, Delta version 7, 0 predictions, 0 alerts',
    ]);
    await until(async () => (await made.console.call('snapshot', {})).queries.bronze.state === 'RUNNING');
    const after = (await made.console.call('snapshot', {})).queries;
    expect(after.bronze.runId).not.toBe(before.bronze.runId);
    expect(after.alert.runId).toBe(before.alert.runId);
  });

  test('clearing without --from shows the preview, does nothing and ends with 2', async () => {
    const { runId } = (await made.console.call('snapshot', {})).queries.bronze;
    const { code, out } = await sluice('restart bronze --clear-checkpoints');
    expect([code, out]).toEqual([2, ['Bronze: what clearing would do', '  Nothing is read again.']]);
    expect((await made.console.call('snapshot', {})).queries.bronze.runId).toBe(runId);
  });

  test('clearing with --from latest only shows it without --yes', async () => {
    const { code, err } = await sluice('restart bronze --clear-checkpoints --from latest');
    expect([code, err]).toEqual([2, ['Nothing was done. Add "--yes" to do it.']]);
    expect(await sluice('restart bronze --clear-checkpoints --from latest --yes')).toMatchObject({ code: 0 });
  });

  test('accept-loss shows the loss and ends with 2, and with --yes accepts it and starts the query', async () => {
    await sluice('stop bronze');
    const shown = await sluice('accept-loss bronze');
    expect([shown.code, shown.out.at(-1)]).toEqual([2, '  3 offsets are gone.']);
    const accepted = await sluice('accept-loss bronze --yes');
    expect([accepted.code, accepted.out.at(-2), accepted.out.at(-1)]).toEqual([
      0,
      '3 offsets are given up.',
      'Bronze is RUNNING.',
    ]);
  });

  test('clearing with --from table clears, also a stopped query, and starts', async () => {
    await sluice('stop bronze');
    const { code, out } = await sluice('restart bronze --clear-checkpoints --from table');
    expect([code, out.at(-1)]).toEqual([0, 'Bronze is RUNNING.']);
    expect(out[0]).toContain('the query id is now query-2');
  });

  test('logs are filtered, followed without a gap, and end with Ctrl-C', async () => {
    const log = (message: string) =>
      made.stack.onEvent({ type: 'log', line: { at: 1, level: 'info', source: 'alert', message } });
    log('Batch 7: Inserted 50 NEW transactions');
    log('something else');
    const out: string[] = [];
    const following = sluice('logs -f --grep NEW|HIGH', made.home, out);
    await until(() => out.length > 0);
    for (let n = 0; n < 3_000; n++) log(`ALERT sent for T${n} (HIGH risk)`);
    await until(() => out.length >= 3_001);
    interrupt.abort();
    expect((await following).code).toBe(0);
    expect(out[0]).toBe('[Alert]  Batch 7: Inserted 50 NEW transactions');
    expect(out.slice(1)).toEqual(Array.from({ length: 3_000 }, (_, n) => `[Alert]  ALERT sent for T${n} (HIGH risk)`));
  });

  test('following ends by itself when the console stops', async () => {
    const following = sluice('logs -f');
    await made.console.stop();
    expect((await following).code).toBe(0);
  });

  test('a story of one card', async () => {
    expect((await sluice('produce scenario card-theft')).out[0]).toMatch(/^Played card-theft with 2 thefts\./);
    const { out } = await sluice('produce scenario late-night --json');
    expect(out).toEqual(['{"transNums":["late-night 1","late-night 2"]}']);
    expect(made.stack.calls).toContain('play card-theft');
  });

  test('a test message, and alerts that wait for a person', async () => {
    const refused = await sluice('alerts test');
    expect([refused.code, refused.err.join()]).toEqual([1, expect.stringContaining('Slack answered 404') as string]);
    await until(async () => (await made.console.call('snapshot', {})).queries.alert.alertsPaused !== null);
    expect((await sluice('alerts resume')).out).toEqual(['Alerts go again.']);
    expect((await made.console.call('snapshot', {})).queries.alert.alertsPaused).toBe(null);
    expect((await sluice('alerts test')).out).toEqual(['Slack took the test message.']);
    expect((await sluice('alerts resend t1 t2 --json')).out).toEqual(['{"changed":2}']);
    expect((await sluice('alerts discard t1')).out).toEqual(['1 alerts will not be sent.']);
    expect((await sluice('alerts resend --all')).out).toEqual(['0 alerts will be sent again.']);
  });

  test('a test message when Alert does not run says so', async () => {
    await sluice('stop alert');
    const { code, err } = await sluice('alerts test');
    expect([code, err.join()]).toEqual([1, expect.stringContaining('Start Alert') as string]);
  });

  test('one transaction by hand', async () => {
    expect((await sluice('produce test --json')).out).toEqual(['{"transNum":"TEST_suspicious"}']);
    await sluice('produce pause');
    expect(made.stack.calls).toContain('pause');
  });
});

test('a failed query makes status and start end with 1, with code and action', async () => {
  await start('fenced');
  expect((await sluice('status')).code).toBe(1);
  const { code, out } = await sluice('start bronze');
  expect([code, out[0]]).toEqual([1, 'Bronze is FAILED. Reading: nobody answers. Wait.']);
});

test.each(['status', 'start', 'stop', 'restart', 'logs', 'produce test', 'restart --clear-checkpoints'])(
  '%s without a console says what to type, and ends with 3',
  async (line) => {
    await start();
    const { code, out, err } = await sluice(line, temporaryFolder());
    expect([code, out, err.length]).toEqual([3, [], 1]);
    expect(err[0]).toMatch(/No console runs on .*npm start/);
  },
);

test('what cannot be understood ends with 2 and one line', async () => {
  await start();
  expect(await sluice('explode')).toEqual({
    code: 2,
    out: [],
    err: ['There is no command "explode". "sluice help" shows what there is.'],
  });
  expect((await sluice('--version')).out).toEqual(['1.2.3']);
});
