import { rm } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHome, removeHome, startApp } from '../../e2e/support/app.ts';
import { sluice } from '../servers/cli.ts';
import { notRun } from '../servers/not-run.ts';
import { COMPOSE_FILE, openComposeStack, type ComposeStack } from './compose.ts';
import { engineObstacle, startEngine, type Engine } from './engine.ts';
import {
  bronzeEnv,
  consoleEnv,
  describeGroup,
  dockerConsoleEnv,
  FLOW_ENV,
  openFlow,
  SLACK_FILE,
  type Flow,
} from './flow.ts';
import { startSlackReceiver } from './slack-receiver.ts';
import { describeTimes, followFraud, restartFromWindow, sendFrauds } from './window.ts';
import { buildOwnImages, imagesObstacle } from './images.ts';

const SET_UP_MS = 600_000;
const WAIT = { timeout: 90_000, interval: 500 };
const obstacle = notRun('docker engine', engineObstacle() ?? (await imagesObstacle()));

/** One story, told in order: each test goes on where the one before ended. */
describe.skipIf(obstacle)('the compose file on a real docker engine', () => {
  let engine: Engine;
  let stack: ComposeStack;
  let flow: Flow;

  beforeAll(async () => {
    engine = await startEngine();
    await buildOwnImages(engine);
    stack = await openComposeStack(engine, FLOW_ENV, [SLACK_FILE]);
    flow = openFlow(engine, stack);
  }, SET_UP_MS);

  afterAll(async () => {
    await flow?.close();
    await stack?.down();
    await engine?.stop();
  }, SET_UP_MS);

  it('says in one sentence what to do when there are no passwords', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-no-env-'));
    const args = ['compose', '-f', COMPOSE_FILE, '--project-directory', folder, 'config', '-q'];
    await expect(engine.docker(args)).rejects.toThrow(/is not set - run "npm run stack:init"/);
    await rm(folder, { recursive: true });
  });

  it('is valid in every profile, and `up --wait` alone brings all of it up', { timeout: SET_UP_MS }, async () => {
    await stack.compose(['config', '-q']);
    const seconds = await stack.up(['headless']);
    process.stdout.write(`up --wait with the profile headless: ${seconds.toFixed(1)} s\n`);
    const { slack, ...states } = await stack.states();
    expect(slack).toBe('running');
    expect(states).toEqual({
      postgres: 'healthy',
      kafka: 'healthy',
      'debezium-connect': 'healthy',
      minio: 'healthy',
      'fraud-api': 'healthy',
      'data-producer': 'healthy',
      headless: 'healthy',
      'database-setup': 'exited 0',
      'bucket-setup': 'exited 0',
      'connector-setup': 'exited 0',
    });
  });

  it('opens its ports on loopback alone', async () => {
    const ids = (await stack.compose(['ps', '-q'])).split('\n');
    const ports = await engine.docker(['inspect', '-f', '{{json .NetworkSettings.Ports}}', ...ids]);
    const addresses = [...ports.matchAll(/"HostIp":"([^"]*)"/g)].map(([, address]) => address);
    expect(addresses).toEqual(new Array(6).fill('127.0.0.1'));
  });

  it('takes a row from PostgreSQL to the Delta table and its fraud to Slack', async () => {
    await flow.insert('normal');
    const { transNum, at } = await flow.insert('suspicious');
    const told = async (): Promise<string[]> =>
      (await flow.messages()).map(({ body }) => body).filter((body) => body.includes(transNum));
    await expect.poll(told, WAIT).toHaveLength(1);
    const [message] = (await flow.messages()).filter(({ body }) => body.includes(transNum));
    process.stdout.write(`from INSERT to Slack: ${(message?.at ?? 0) - at} ms\n`);
    await expect.poll(async () => (await flow.table()).rows, WAIT).toBe(2);
    expect(await flow.frauddb.query('SELECT is_fraud_predicted FROM fraud_predictions ORDER BY 1')).toEqual([
      { is_fraud_predicted: 0 },
      { is_fraud_predicted: 1 },
    ]);
  });

  it('lets the producer go on where it ended', async () => {
    const sent = async (): Promise<number> => {
      const [row] = await flow.frauddb.query<{ n: string }>('SELECT count(*) AS n FROM transactions');
      return Number(row?.n) - 2;
    };
    const produce = (rows: number) => ({ PRODUCER_MODE: 'bulk', PRODUCER_ROWS: String(rows) });
    for (const rows of [30, 50]) {
      await stack.compose(['up', '-d', '--wait', '--no-deps', 'data-producer'], produce(rows));
      await expect.poll(sent, WAIT).toBe(rows);
    }
    await expect.poll(async () => (await flow.table()).distinct_trans_num, WAIT).toBe(52);
    expect((await flow.table()).rows).toBe(52);
  });

  it('goes on after the broker was killed, which keeps its cluster', async () => {
    const id = await stack.container('kafka');
    const pid = Number(await engine.docker(['inspect', '-f', '{{.State.Pid}}', id]));
    // Past docker, as the kernel does it: what is told to docker would not be started again.
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => engine.docker(['inspect', '-f', '{{.State.Pid}}', id]), WAIT).not.toBe(String(pid));
    const { transNum } = await flow.insert('suspicious');
    const told = async (): Promise<boolean> => (await flow.messages()).some(({ body }) => body.includes(transNum));
    await expect.poll(told, WAIT).toBe(true);
    await expect.poll(async () => (await flow.table()).distinct_trans_num, WAIT).toBe(53);
    // What Connect had not noted as sent it sends again, as records of their own: the table has each record once.
    const records = async (): Promise<number> =>
      ((await flow.snapshot()).lag.bronze?.partitions ?? []).reduce((sum, { end }) => sum + Number(end), 0);
    await expect.poll(async () => (await flow.table()).rows === (await records()), WAIT).toBe(true);
  });

  it('refuses a second owner of the checkpoints: a run by hand, and a whole console', async () => {
    const home = await mkdtemp(path.join(os.tmpdir(), 'sluice-second-'));
    const byHand = await sluice('run bronze --available-now --json', bronzeEnv(stack), home).ended;
    expect(byHand.err).toContain('FENCED');
    expect(byHand.code).toBe(4);
    const second = sluice('run --headless --stack external --idle', consoleEnv(stack, home), home);
    await expect
      .poll(() => second.said.out, WAIT)
      .toMatch(/\[Bronze\].*FENCED[^]*\[Alert\].*FENCED|\[Alert\].*FENCED[^]*\[Bronze\].*FENCED/);
    second.child.kill('SIGTERM');
    await second.ended;
    const { bronze, alert } = (await flow.snapshot()).queries;
    expect([bronze.state, alert.state]).toEqual(['RUNNING', 'RUNNING']);
    await rm(home, { recursive: true });
  });

  it("shows the lag that Kafka's own tool tells", async () => {
    for (const query of ['bronze', 'alert'] as const) {
      const shown = async () =>
        (await flow.snapshot()).lag[query]?.partitions.map(({ partition, current, end, lag }) => {
          return { partition, current: Number(current), end: Number(end), lag };
        });
      const told = await describeGroup(stack, `sluice-${query}`);
      expect(told.length, query).toBeGreaterThan(0);
      await expect.poll(shown, WAIT).toEqual(expect.arrayContaining(told));
    }
  });

  it(
    'lets a console on this machine take over, which commands the services through docker',
    { timeout: SET_UP_MS },
    async () => {
      await stack.compose(['stop', 'headless', 'slack']);
      const slack = await startSlackReceiver();
      const home = await mkdtemp(path.join(os.tmpdir(), 'sluice-host-'));
      const env = { ...dockerConsoleEnv(engine, stack, home), SLACK_WEBHOOK_URL: slack.url };
      const host = sluice('run --headless --stack docker --idle', env, home);
      const isRunning = async (): Promise<number> => (await sluice('status --running', env, home).ended).code;
      const told = async (): Promise<boolean> => {
        const { transNum } = await flow.insert('suspicious');
        await expect.poll(() => slack.bodies.some((body) => body.includes(transNum)), WAIT).toBe(true);
        return true;
      };
      try {
        await expect.poll(isRunning, WAIT).toBe(0);
        expect(await told()).toBe(true);
        const before = await engine.docker(['inspect', '-f', '{{.State.StartedAt}}', await stack.container('minio')]);
        expect((await sluice('stack restart minio', env, home).ended).code).toBe(0);
        expect((await stack.states())['minio']).toBe('healthy');
        const after = await engine.docker(['inspect', '-f', '{{.State.StartedAt}}', await stack.container('minio')]);
        expect(after).not.toBe(before);
        await expect.poll(async () => (await sluice('stack status', env, home).ended).code, WAIT).toBe(0);
        expect(await told()).toBe(true);
        const log = await sluice('stack logs kafka -n 5', env, home).ended;
        expect(log.code).toBe(0);
        expect(log.out).toMatch(/\S/);
        const began = performance.now();
        expect((await sluice('stack repair', env, home).ended).code).toBe(0);
        process.stdout.write(`stack repair: ${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
        const { kafka, minio, ...others } = await stack.states();
        expect([kafka, minio, others['debezium-connect']]).toEqual(['healthy', 'healthy', 'healthy']);
        await expect.poll(isRunning, WAIT).toBe(0);
        expect(await told()).toBe(true);
      } finally {
        host.child.kill('SIGTERM');
        await host.ended;
        await slack.close();
      }
      expect((await stack.states())['postgres']).toBe('healthy');
      await rm(home, { recursive: true });
    },
  );

  it(
    'is driven from the window: services, a restart, and frauds that are followed to their file and message',
    { timeout: SET_UP_MS },
    async () => {
      const slack = await startSlackReceiver();
      const home = makeHome();
      const env = { ...dockerConsoleEnv(engine, stack, home), SLUICE_STACK: 'docker', SLACK_WEBHOOK_URL: slack.url };
      const app = await startApp({ name: 'docker', home, env });
      try {
        await restartFromWindow(app, 'minio');
        const frauds = await sendFrauds(flow, slack);
        process.stdout.write(`from INSERT to Slack by the window: ${describeTimes(frauds)}\n`);
        await followFraud(app, frauds.at(-1)?.transNum ?? '');
        expect(await app.quit()).toBe(0);
      } finally {
        await app.quit();
        await slack.close();
        removeHome(home);
      }
    },
  );
});
