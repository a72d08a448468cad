import { afterEach, expect, test } from 'vitest';
import { createSupervisor, type RunView, type Supervisor } from '../../src/console/supervisor.ts';
import { jobFor, until, workerFile } from './support/console.ts';

const open: Supervisor[] = [];
afterEach(async () => {
  for (const supervisor of open.splice(0)) {
    supervisor.stop();
    await supervisor.reached('STOPPED', 'FAILED');
  }
});

function supervise(topics: string[], stopTimeoutMs = 10_000) {
  const seen: RunView[] = [];
  const messages: string[] = [];
  const supervisor = createSupervisor({
    name: 'bronze',
    workerFile,
    // The last behaviour stays.
    job: (runId) => ({
      ...jobFor((topics.length > 1 ? topics.shift() : topics[0])!),
      owner: { runId, host: 'here', pid: 1 },
    }),
    onChange: (view) => seen.push(view),
    onWork: () => undefined,
    onLog: ({ message }) => messages.push(message),
    stopTimeoutMs,
    random: () => 0.01,
  });
  open.push(supervisor);
  const states = () => seen.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);
  return { supervisor, states, messages };
}

test('runs a thread and stops it', async () => {
  const { supervisor, states } = supervise(['well']);
  supervisor.start();
  const running = await supervisor.reached('RUNNING');
  expect(running).toMatchObject({ queryId: 'query-1', error: null });
  supervisor.stop();
  await supervisor.reached('STOPPED');
  expect(states()).toEqual(['STARTING', 'RUNNING', 'STOPPING', 'STOPPED']);
});

test.each(['die', 'exit'])('a thread that ends by itself (%s) is WORKER_DIED and starts again', async (how) => {
  const { supervisor, states, messages } = supervise([how, 'well']);
  supervisor.start();
  const view = await supervisor.reached('RUNNING');
  expect(states()).toEqual(['STARTING', 'RESTARTING', 'STARTING', 'RUNNING']);
  expect(view).toMatchObject({ attempts: 1, error: null });
  expect(messages.some((message) => message.startsWith('WORKER_DIED'))).toBe(true);
});

test('a thread that dies again and again is given up after five times', async () => {
  const { supervisor } = supervise(['exit']);
  supervisor.start();
  const view = await supervisor.reached('FAILED');
  expect(view).toMatchObject({ attempts: 5, nextAttemptAt: null, error: { code: 'WORKER_DIED' } });
});

test('what does not pass by itself stays FAILED with its reason', async () => {
  const { supervisor, states } = supervise(['fenced']);
  supervisor.start();
  expect((await supervisor.reached('FAILED')).error).toMatchObject({ code: 'FENCED' });
  expect(states()).toEqual(['STARTING', 'FAILED']);
});

test('a service that is away for a moment is asked again', async () => {
  const { supervisor, states } = supervise(['away', 'away', 'well']);
  supervisor.start();
  await supervisor.reached('RUNNING');
  expect(states().filter((state) => state === 'RESTARTING')).toHaveLength(2);
});

test('a thread that hangs is ended after its time, and the query is STOPPED', async () => {
  const { supervisor, messages } = supervise(['hang'], 50);
  supervisor.start();
  await supervisor.reached('RUNNING');
  supervisor.stop();
  await supervisor.reached('STOPPED');
  expect(messages.join()).toContain('was ended');
});

test('start while stopping begins a new run once the old one has ended', async () => {
  const { supervisor, states } = supervise(['well']);
  supervisor.start();
  const first = await supervisor.reached('RUNNING');
  supervisor.stop();
  supervisor.start();
  const second = await supervisor.reached('RUNNING');
  expect(second.runId).not.toBe(first.runId);
  expect(states()).toEqual(['STARTING', 'RUNNING', 'STOPPING', 'RESTARTING', 'STARTING', 'RUNNING']);
});

test('hammered with commands it settles where the last one wants it', async () => {
  const { supervisor } = supervise(['well']);
  for (let round = 0; round < 200; round++) [supervisor.start, supervisor.restart, supervisor.stop][(round * 7) % 3]!();
  supervisor.start();
  await supervisor.reached('RUNNING');
  supervisor.stop();
  await supervisor.reached('STOPPED');
  expect(await until(() => supervisor.view().state)).toBe('STOPPED');
});
