import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  brokenReport,
  docker,
  dockerChanging,
  embeddedCapture,
  failedCapture,
  fixedCheck,
  lostCapture,
  serviceLog,
  wellCapture,
  wellReport,
} from './support/stack-story.ts';
import { empty, full, portTaken } from './support/story.ts';
import { openStage, type Script, type Stage, type TestWindow } from './support/window.ts';

const broken: Script = {
  snapshot: docker(),
  capture: failedCapture(),
  doctor: brokenReport(),
  fixed: fixedCheck(),
  serviceLog: serviceLog(),
};

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

async function inWindow(script: Script, act: (window: TestWindow) => Promise<void>): Promise<void> {
  const window = await stage.open(script, { hash: '#stack' });
  try {
    await act(window);
    expect(window.faults()).toEqual([]);
  } finally {
    await window.close();
  }
}

const sent = async (window: TestWindow, command: string): Promise<unknown[]> =>
  (await window.calls()).filter((each) => each.command === command).map(({ args }) => args);

test('a failed task shows at the service, at the connector with its trace, at the slot and at the doctor', async () => {
  await inWindow(broken, async (window) => {
    const { page } = window;
    const row = page.getByRole('row', { name: /debezium-connect/ });
    await row.getByText('TASK FAILED').waitFor();
    await page
      .getByRole('row', { name: /kafka 9700|kafka HEALTHY|^kafka/ })
      .getByText('9700 → 9092')
      .waitFor();
    await page.getByText('An exception occurred in the change event producer').first().waitFor();
    expect(await page.getByText('V3PGReplicationStream').count()).toBe(0);
    await page.getByRole('button', { name: '3 more lines' }).click();
    await page.getByText('V3PGReplicationStream').waitFor();
    await page.getByText('INACTIVE').waitFor();
    await page.getByText('Limit in 3 h 35 min').waitFor();
    await page.getByRole('button', { name: 'Restart failed task' }).click();
    await page.getByText('The restart has settled.').waitFor();
    expect(await sent(window, 'connector.restart')).toEqual([{}]);
  });
});

test('what wants fixing comes first, and a fix says what it will run before it runs', async () => {
  await inWindow(broken, async (window) => {
    const { page } = window;
    await page.getByText('13 checks, 4 to fix, 4 s ago').waitFor();
    const items = page.getByRole('region', { name: 'Doctor' }).locator('.check');
    expect(await items.nth(0).getAttribute('aria-label')).toBe('Connector task runs');
    expect(await items.nth(2).getAttribute('aria-label')).toBe('Slot is read');
    await page.getByRole('button', { name: 'Restart task…' }).click();
    const asked = page.getByRole('group', { name: 'What Restart task will run' });
    await asked.getByText('POST /connectors/postgres-connector/restart?includeTasks=true&onlyFailed=true').waitFor();
    expect(await sent(window, 'doctor.fix')).toEqual([]);
    await asked.getByRole('button', { name: 'Restart task' }).click();
    await page.getByText('13 checks, 3 to fix').waitFor();
    expect(await sent(window, 'doctor.fix')).toEqual([
      { id: 'connector', will: ['POST /connectors/postgres-connector/restart?includeTasks=true&onlyFailed=true'] },
    ]);
    await page.getByRole('button', { name: 'Copy KAFKA_BROKER_MAP=kafka:9092=localhost:9700' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'KAFKA_BROKER_MAP=kafka:9092=localhost:9700',
    );
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByText('13 checks, 4 to fix').waitFor();
    expect((await sent(window, 'doctor.run')).length).toBe(2);
  });
});

test('the difference to the wanted configuration is seen before it is set', async () => {
  await inWindow(broken, async (window) => {
    const { page } = window;
    await page.getByText('2 settings are not as Sluice wants them.').waitFor();
    expect(await page.getByRole('button', { name: 'Set as wanted' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await page.getByRole('cell', { name: 'all_tables' }).waitFor();
    await page.getByRole('button', { name: 'Set as wanted' }).click();
    await page.getByText('The connector is changed.').waitFor();
    expect(await sent(window, 'connector.ensure')).toEqual([{ confirm: true }]);
  });
});

test('services are commanded one by one and together; what cannot be done says why', async () => {
  await inWindow({ ...broken, capture: wellCapture() }, async (window) => {
    const { page } = window;
    await page.getByRole('button', { name: 'Restart kafka' }).click();
    await page.getByText('kafka is restarted.').waitFor();
    await page.getByRole('button', { name: 'Repair' }).click();
    await page.getByText('The stack is healthy again.').waitFor();
    expect(await sent(window, 'stack.restart')).toEqual([{ service: 'kafka' }]);
    expect(await sent(window, 'stack.repair')).toEqual([{}]);
    await page.getByRole('button', { name: 'Log of kafka' }).click();
    await page.getByRole('dialog', { name: 'Log of kafka' }).getByText('Elected leader').waitFor();
    await page.getByRole('button', { name: 'Close the log' }).click();
    await page.getByRole('button', { name: 'Restart failed task' }).hover();
    await page.getByText('No task has failed.').waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('The connector is paused').waitFor();
  });
});

test('while a service is being restarted no other command is taken', async () => {
  await inWindow({ ...broken, snapshot: dockerChanging() }, async (window) => {
    const { page } = window;
    await page.getByRole('status').getByText('Waiting for Kafka to be healthy').waitFor();
    await page.getByRole('button', { name: 'Start minio', exact: true }).click({ force: true });
    expect(await sent(window, 'stack.start')).toEqual([]);
    await page.getByRole('row', { name: /minio/ }).getByText('STOPPED').waitFor();
  });
});

test('servers of one’s own are looked at, and every command says why it is not taken', async () => {
  const locked = 'Servers of your own are commanded where they run.';
  const base = docker();
  const services = base.services.map(({ container: _, verbs: __, ...each }) => ({ ...each, verbs: [], locked }));
  const snapshot = { ...base, console: { ...base.console, profile: 'external' as const }, services };
  await inWindow({ ...broken, snapshot }, async (window) => {
    const { page } = window;
    const stop = page.getByRole('button', { name: 'Stop postgres' });
    await stop.hover();
    await page.getByText(`Stop postgres: ${locked}`).waitFor();
    await stop.click({ force: true });
    expect(await sent(window, 'stack.stop')).toEqual([]);
    expect(await page.getByRole('button', { name: 'Restart all' }).count()).toBe(0);
  });
});

test('the embedded stack shows its own services, its own capture, and has no commands', async () => {
  await inWindow({ snapshot: full(), capture: embeddedCapture(), doctor: wellReport() }, async (window) => {
    const { page } = window;
    await page.getByText('The embedded stack captures changes by itself; no connector is needed.').waitFor();
    await page
      .getByRole('row', { name: /PostgreSQL/ })
      .getByText('127.0.0.1:54213')
      .waitFor();
    await page.getByText('7 checks, all well').waitFor();
    await page.getByText('3 checks that do not apply here').click();
    await page.getByText('the embedded stack has none').first().waitFor();
    for (const name of ['Restart all', 'Restart failed task', 'Restart postgres'])
      expect(await page.getByRole('button', { name }).count()).toBe(0);
  });
});

test('a lost slot, an absent connector, and a Kafka Connect that is away say what to do', async () => {
  await inWindow({ ...broken, capture: lostCapture() }, async ({ page }) => {
    await page.getByText('LOST', { exact: true }).waitFor();
    await page.getByText('can only be made anew').waitFor();
    await page.getByText('Sluice would create it with 2 settings').waitFor();
  });
  await inWindow(
    { ...broken, capture: { ...wellCapture(), connector: null, connectorError: portTaken() } },
    async ({ page }) => {
      await page.getByRole('alert').getByText('PORT_TAKEN').waitFor();
      await page.getByText('Replication slot').waitFor();
    },
  );
});

test('a slot that keeps little shows how little, on an axis of its own unit', async () => {
  const well = wellCapture();
  const samples = well.samples.map(({ at }, index) => ({ at, retainedBytes: index * 1_024 }));
  await inWindow({ ...broken, capture: { ...well, samples } }, async ({ page }) => {
    await page.getByText('KB kept, last 30 min').waitFor();
    const chart = page.getByRole('img', { name: 'Log kept for the slot, KB: Log kept 119.0 KB at the end' });
    await chart.locator('.recharts-yAxis-tick-labels text').first().waitFor();
    expect(await chart.locator('.recharts-yAxis-tick-labels text').allTextContents()).toEqual(['0', '40', '80', '120']);
  });
});

test('before the stack is up there is no slot, and the screen says what comes', async () => {
  await inWindow({ snapshot: empty() }, async ({ page }) => {
    await page.getByRole('heading', { name: 'Stack' }).waitFor();
    expect(await page.getByRole('status', { name: 'Loading' }).count()).toBeGreaterThan(0);
  });
});
