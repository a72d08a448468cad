/** Presses every button of the window on the real stack, and waits each time for what it brings about. */
import { expect } from 'vitest';
import type { Page } from 'playwright';
import type { Snapshot } from '../../../src/console/contract.ts';
import type { QueryName } from '../../../src/pipeline/events.ts';
import { append, TOPIC } from '../../../src/stack/embedded/topic.ts';
import { openHomeDatabase } from '../../../bench/support/database.ts';
import type { TestApp } from './app.ts';

const PATIENCE = { timeout: 90_000 };

export const snapshotOf = (page: Page): Promise<Snapshot> =>
  page.evaluate(async () => {
    const reply = await (
      window as unknown as { sluice: { call: (...args: unknown[]) => Promise<unknown> } }
    ).sluice.call('snapshot', {});
    return (reply as { value: Snapshot }).value;
  });

/** Looks at the snapshot until it fits; the console tells the window at most four times a second. */
export async function waitFor(page: Page, what: string, fits: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  const end = Date.now() + PATIENCE.timeout;
  for (;;) {
    const snapshot = await snapshotOf(page);
    if (fits(snapshot)) return snapshot;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE.timeout} ms for: ${what}`);
    await page.waitForTimeout(250);
  }
}

export async function goTo(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Screens' }).getByTitle(title, { exact: true }).click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
}

const choose = (page: Page, group: string | RegExp, label: string) =>
  page.getByRole('radiogroup', { name: group }).getByText(label, { exact: true }).click();

const press = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' }).click(PATIENCE);

export async function tourOverview({ page, picture }: TestApp): Promise<void> {
  await page.getByRole('button', { name: 'Pause producer' }).waitFor(PATIENCE);
  await picture('overview-first');
  await waitFor(page, 'rows in Bronze and a fraud', ({ table, totals }) => !!table?.rows && !!totals?.frauds);
  await press(page, 'Pause producer');
  await page.getByRole('button', { name: 'Start producer' }).waitFor(PATIENCE);
  const before = await waitFor(page, 'a paused producer', ({ producer }) => producer?.running === false);
  for (const kind of ['Normal', 'Suspicious']) {
    await press(page, 'Send a test transaction');
    await page.getByRole('menuitem', { name: new RegExp(`^${kind}`) }).click();
    await page.getByText(`One ${kind.toLowerCase()} test transaction is in PostgreSQL.`).waitFor(PATIENCE);
  }
  const frauds = before.totals?.frauds ?? 0;
  await waitFor(page, 'the suspicious one among the frauds', ({ totals }) => (totals?.frauds ?? 0) > frauds);
  const thefts = (await snapshotOf(page)).totals?.frauds ?? 0;
  await press(page, 'Card theft');
  await page.getByText('A card theft is played').waitFor(PATIENCE);
  await waitFor(page, 'five thefts among the frauds', ({ totals }) => (totals?.frauds ?? 0) >= thefts + 5);
  await press(page, 'Start producer');
  await page.getByRole('button', { name: 'Pause producer' }).waitFor(PATIENCE);
  await page.locator('.chart').first().hover();
  await press(page, /^Show Rows per second .* as a table$/);
  await press(page, /^Show Rows per second .* as a chart$/);
  await choose(page, 'Query', 'Alert');
  await picture('overview');
}

export async function tourQueries({ page, picture }: TestApp): Promise<void> {
  await goTo(page, 'Queries');
  for (const name of ['bronze', 'alert'] as const) await tourQuery(page, name);
  const before = await snapshotOf(page);
  await press(page, 'Restart both');
  await waitFor(page, 'both to run anew', (now) => isNewRun(before, now, 'bronze') && isNewRun(before, now, 'alert'));
  await press(page, 'Stop both');
  await waitFor(page, 'both to stop', ({ queries }) => isStopped(queries.bronze) && isStopped(queries.alert));
  await press(page, 'Start both');
  await waitFor(page, 'both to run', ({ queries }) => isRunning(queries.bronze) && isRunning(queries.alert));
  await tourBatches(page);
  await picture('queries');
}

async function tourQuery(page: Page, name: QueryName): Promise<void> {
  const title = name === 'bronze' ? 'Bronze' : 'Alert';
  await waitFor(page, `${title} to run`, ({ queries }) => isRunning(queries[name]));
  await press(page, `Stop ${title}`);
  await waitFor(page, `${title} to stop`, ({ queries }) => isStopped(queries[name]));
  await press(page, `Start ${title}`);
  const before = await waitFor(page, `${title} to run`, ({ queries }) => isRunning(queries[name]));
  await press(page, `Restart ${title}`);
  await waitFor(page, `${title} to run anew`, (now) => isNewRun(before, now, name));
}

async function tourBatches(page: Page): Promise<void> {
  await waitFor(page, 'a batch of each query', ({ queries }) =>
    [queries.bronze, queries.alert].every((each) => each.batches[0]),
  );
  for (const title of ['Alert', 'Bronze']) {
    await choose(page, 'Query whose batches are shown', title);
    await page.locator('tbody tr[data-key]').first().click();
    await page.getByText('Offsets read, start included, end not').waitFor();
  }
  await page.getByRole('link', { name: 'Open in Logs' }).click();
  await page.getByRole('heading', { level: 1, name: 'Logs' }).waitFor();
  await goTo(page, 'Queries');
}

export async function tourCheckpoints({ page, picture }: TestApp): Promise<void> {
  await goTo(page, 'Checkpoints');
  for (const name of ['bronze', 'alert'] as const) {
    const title = name === 'bronze' ? 'Bronze' : 'Alert';
    const before = await waitFor(page, `${title} to run`, ({ queries }) => isRunning(queries[name]));
    await press(page, `Clear ${title}…`);
    await press(page, 'Close without clearing');
    await press(page, `Clear ${title}…`);
    for (const choice of ['Begin at the first record', 'Begin at the end', 'Continue from the table']) {
      await page.getByText(choice).first().click(PATIENCE);
      await page.getByLabel('to confirm').waitFor(PATIENCE);
    }
    await page.getByLabel('to confirm').fill(name);
    await picture(`clear-${name}`);
    await press(page, `Clear, then start ${title}`);
    // A pointer that rests on a message keeps it there, and this one would wait behind it.
    await page.mouse.move(2, 2);
    await page.getByText(`The ${title} checkpoint is cleared`).waitFor(PATIENCE);
    await waitFor(
      page,
      `${title} to run with a new query id`,
      ({ queries }) => isRunning(queries[name]) && queries[name].queryId !== before.queries[name].queryId,
    );
  }
  await waitFor(
    page,
    'both checkpoints to be there again',
    ({ checkpoints }) => !!checkpoints.bronze?.exists && !!checkpoints.alert?.exists,
  );
  for (const button of await page.getByRole('button', { name: /^Copy / }).all()) await button.click();
  await picture('checkpoints');
}

export async function tourFeed(app: TestApp): Promise<void> {
  const { page, picture } = app;
  await goTo(page, 'Fraud feed');
  await page.locator('tbody tr[data-key]').first().waitFor(PATIENCE);
  await page.mouse.move(2, 2);
  await press(page, /^Pause/);
  await press(page, /^\d+ new$/);
  await page.getByRole('button', { name: /^Pause/ }).waitFor();
  await page.getByLabel(/LOW/).uncheck();
  await page.getByRole('searchbox').fill('no such merchant at all');
  await press(page, /^Show all/);
  await press(page, /^Pause/);
  const row = page.locator('tbody tr[data-key]').first();
  await row.click();
  const transNum = await row.getAttribute('data-key');
  await press(page, 'Copy the transaction number');
  expect(await app.electron.evaluate(({ clipboard }) => clipboard.readText())).toBe(transNum);
  await picture('feed');
  await page.getByRole('link', { name: 'Open the delivery' }).click();
  await page.getByRole('heading', { level: 1, name: 'Deliveries' }).waitFor();
  await page.goBack();
}

export async function tourDeliveries({ page, picture }: TestApp): Promise<void> {
  await goTo(page, 'Deliveries');
  await waitFor(page, 'an accepted message', ({ totals }) => (totals?.deliveries.sent ?? 0) > 0);
  for (const state of ['Waiting', 'Ambiguous', 'Failed', 'Suppressed', 'Sent']) {
    await choose(page, 'State', state);
  }
  await page.locator('tbody tr[data-key]').first().click();
  await page.getByText('Local preview', { exact: true }).waitFor();
  await picture('deliveries');
  await press(page, 'Close message');
}

export async function tourLag({ page, picture }: TestApp): Promise<void> {
  await goTo(page, 'Lag');
  await page.getByText('p3', { exact: true }).first().waitFor(PATIENCE);
  await page.locator('.chart').first().hover(PATIENCE);
  await press(page, 'Show Records behind as a table');
  await press(page, 'Show Records behind as a chart');
  await picture('lag');
}

/** A record that no query can use, put into the topic as a broken producer would; its card number never comes whole. */
export async function tourDeadLetters({ page, home, picture }: TestApp): Promise<void> {
  const card = '4992346398065154184';
  await waitFor(page, 'the stack', ({ console }) => console.stack === 'UP');
  const topics = openHomeDatabase(home, 'sluice_topics');
  try {
    const value = Buffer.from(`{"op":"c","after":{"cc_num":${card},"merchant":"cut`);
    await topics.transaction((sql) => append(sql, TOPIC, [{ key: null, value, headers: {} }], Date.now()));
  } finally {
    await topics.close();
  }
  await waitFor(page, 'the record in both quarantines', ({ quarantine }) => (quarantine?.both ?? 0) > 0);
  await goTo(page, 'Dead letters');
  await page.getByRole('region', { name: 'Not valid JSON' }).getByRole('link').first().click(PATIENCE);
  await page.getByText('card number masked').waitFor(PATIENCE);
  await choose(page, 'How the bytes are shown', 'Text');
  await page.getByText('"cc_num":•••••••••••••••4184').waitFor();
  expect(await page.content()).not.toContain(card.slice(0, 10));
  await press(page, /^Dry run of/);
  await page.getByText('none would pass').waitFor(PATIENCE);
  expect(await page.getByText('still NOT_JSON').count()).toBe(2);
  await picture('dead-letters');
  await press(page, 'Dismiss');
  await choose(page, 'What is shown', 'Coercion notes');
}

export async function tourStack({ page, picture }: TestApp): Promise<void> {
  await waitFor(page, 'both to run', ({ queries }) => isRunning(queries.bronze) && isRunning(queries.alert));
  await goTo(page, 'Stack');
  const doctor = page.getByRole('region', { name: 'Doctor' });
  await doctor.getByText(/^\d+ checks, /).waitFor(PATIENCE);
  const check = (title: string) => doctor.getByRole('listitem', { name: title }).getByText('passed', { exact: true });
  for (const title of ['wal_level is logical', 'Publication has the table', 'Migrations are applied', 'Clocks agree'])
    await check(title).waitFor(PATIENCE);
  await press(page, 'Check again');
  await check('Slot is read').waitFor(PATIENCE);
  await page.getByText(/checks that do not apply here$/).click();
  await page.getByText('the embedded stack captures changes by itself').first().waitFor();
  await page.getByText('READ', { exact: true }).waitFor(PATIENCE);
  await page.getByText('Confirmed flush').waitFor();
  const { services } = await snapshotOf(page);
  for (const { title } of services) await page.getByRole('row', { name: new RegExp(`^${title}`) }).waitFor();
  await picture('stack');
}

export async function tourLogs({ page, picture, electron }: TestApp): Promise<void> {
  await goTo(page, 'Logs');
  await press(page, 'Batch|Bronze');
  await page.locator('.log-line', { hasText: 'Writing to Bronze layer' }).first().waitFor(PATIENCE);
  await picture('logs');
  await press(page, 'Batch|NEW|Fraud|ALERT');
  await press(page, 'Batch|NEW|Fraud|ALERT');
  await page.getByRole('combobox', { name: 'Source' }).click();
  await page.getByRole('option', { name: 'Bronze' }).click();
  for (const level of ['Errors', 'Warnings', 'All']) await choose(page, 'Least level', level);
  await press(page, 'Copy what is shown');
  expect(await electron.evaluate(({ clipboard }) => clipboard.readText())).toContain('[Bronze] ');
  await press(page, 'Clear view');
  await press(page, 'Show them');
}

export async function tourFrame({ page, picture }: TestApp): Promise<void> {
  await goTo(page, 'Overview');
  await press(page, 'UTC');
  await press(page, 'Local');
  for (const scheme of ['light', 'dark', "the system's"]) await press(page, new RegExp(`Switch to ${scheme}$`));
  await press(page, /Switch to light$/);
  await press(page, /Switch to dark$/);
  await picture('dark');
  await page.keyboard.press('?');
  await press(page, 'Close the sheet');
  for (const banner of await page.getByRole('button', { name: /^Close: / }).all()) await banner.click();
}

type QueryView = Snapshot['queries'][QueryName];
const isRunning = ({ state }: QueryView): boolean => state === 'RUNNING';
const isStopped = ({ state }: QueryView): boolean => state === 'STOPPED';
const isNewRun = (before: Snapshot, now: Snapshot, name: QueryName): boolean =>
  isRunning(now.queries[name]) && now.queries[name].runId !== before.queries[name].runId;
