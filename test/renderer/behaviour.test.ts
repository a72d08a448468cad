import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataLoss, down, empty, failing, fraud, full, logs, loss, preview, starting } from './support/story.ts';
import { docker } from './support/stack-story.ts';
import { explanation, noTrace, ordinary, trace } from './support/trace-story.ts';
import { openStage, type Look, type Script, type Stage, type TestWindow } from './support/window.ts';

const story: Script = { snapshot: full(), logs: logs(), preview: preview() };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

async function inWindow(script: Script, look: Look, act: (window: TestWindow) => Promise<void>): Promise<void> {
  const window = await stage.open(script, look);
  try {
    await act(window);
    expect(window.faults()).toEqual([]);
  } finally {
    await window.close();
  }
}

/** Commands other than those that only read. */
async function orders({ calls }: TestWindow) {
  return (await calls()).filter(({ command }) => command !== 'snapshot' && command !== 'logs.read');
}

describe('buttons', () => {
  test('those of Queries send the command that they name', async () => {
    await inWindow(story, { hash: '#queries' }, async (window) => {
      for (const name of [
        'Stop Bronze',
        'Restart Bronze',
        'Stop Alert',
        'Restart Alert',
        'Stop both',
        'Restart both',
      ]) {
        await window.page.getByRole('button', { name, exact: true }).click();
      }
      expect(await orders(window)).toEqual([
        { command: 'query.stop', args: { query: 'bronze' } },
        { command: 'query.restart', args: { query: 'bronze' } },
        { command: 'query.stop', args: { query: 'alert' } },
        { command: 'query.restart', args: { query: 'alert' } },
        { command: 'query.stop', args: { query: 'all' } },
        { command: 'query.restart', args: { query: 'all' } },
      ]);
    });
  });

  test('those of Deliveries test, send again and discard, one alert or all that wait', async () => {
    const held = full().deliveries.filter(({ state }) => state === 'held');
    const [first] = held;
    await inWindow(story, { hash: `#deliveries/${first?.transNum}` }, async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Send test message' }).click();
      await page.getByRole('button', { name: 'Send again', exact: true }).click();
      await page.getByRole('button', { name: 'Discard', exact: true }).click();
      await page.getByText('Held', { exact: true }).click();
      await page.getByRole('button', { name: `Discard all ${held.length}` }).click();
      const transNums = [first?.transNum];
      expect(await orders(window)).toEqual([
        { command: 'alerts.test', args: {} },
        { command: 'alerts.resend', args: { transNums } },
        { command: 'alerts.discard', args: { transNums } },
        { command: 'alerts.discard', args: { transNums: held.map((each) => each.transNum) } },
      ]);
    });
  });

  test('paused alerts are told on every screen until they are resumed', async () => {
    await inWindow({ snapshot: failing() }, { hash: '#lag' }, async (window) => {
      const banner = window.page.getByRole('alert').filter({ hasText: 'Alerts are paused' });
      expect(await banner.textContent()).toContain('Slack answered 404 no_service');
      await banner.getByRole('button', { name: 'Resume alerts' }).click();
      expect(await orders(window)).toEqual([{ command: 'alerts.resume', args: {} }]);
      const { alert, bronze } = failing().queries;
      await window.tell({ type: 'parts', parts: { queries: { bronze, alert: { ...alert, alertsPaused: null } } } });
      await banner.waitFor({ state: 'detached' });
    });
  });

  test('a stopped query can be started, and a failed one too', async () => {
    await inWindow({ snapshot: failing() }, { hash: '#queries' }, async (window) => {
      await window.page.getByRole('button', { name: 'Start Bronze', exact: true }).click();
      expect(await orders(window)).toEqual([{ command: 'query.start', args: { query: 'bronze' } }]);
    });
  });

  test('while the stack is down the buttons say why they do nothing', async () => {
    await inWindow({ snapshot: starting() }, { hash: '#queries' }, async (window) => {
      const button = window.page.getByRole('button', { name: 'Start Bronze', exact: true });
      await button.focus();
      await window.page.getByText('The stack is not up yet.').waitFor();
      await window.page.keyboard.press('Enter');
      expect(await button.getAttribute('aria-disabled')).toBe('true');
      expect(await orders(window)).toEqual([]);
    });
  });

  test('those of Overview pause the producer and send test transactions', async () => {
    await inWindow(story, {}, async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Pause producer' }).click();
      for (const kind of ['Normal', 'Suspicious']) {
        await page.getByRole('button', { name: 'Send a test transaction' }).click();
        await page.getByRole('menuitem', { name: new RegExp(`^${kind}`) }).click();
      }
      await page.getByText('One suspicious test transaction is in PostgreSQL.').waitFor();
      await page.getByRole('button', { name: 'Card theft' }).click();
      await page.getByText('A card theft is played').waitFor();
      expect(await orders(window)).toEqual([
        { command: 'producer.pause', args: {} },
        { command: 'producer.test', args: { kind: 'normal' } },
        { command: 'producer.test', args: { kind: 'suspicious' } },
        { command: 'producer.scenario', args: { name: 'card-theft' } },
      ]);
    });
    await inWindow({ snapshot: empty() }, {}, async (window) => {
      await window.page.getByRole('button', { name: 'Start producer' }).click();
      expect(await orders(window)).toEqual([{ command: 'producer.start', args: {} }]);
    });
  });

  test('on the docker stack the producer is a container, and a stack that did not come up is started again', async () => {
    await inWindow({ snapshot: { ...docker(), producer: null } }, {}, async (window) => {
      await window.page.getByRole('button', { name: 'Pause producer' }).click();
      expect(await orders(window)).toEqual([{ command: 'producer.pause', args: {} }]);
      await window.page.getByText('Profile').waitFor();
    });
    const failed = { ...down(), console: { ...down().console, profile: 'docker' as const } };
    await inWindow({ snapshot: failed }, {}, async (window) => {
      await window.page.getByText('Docker stack', { exact: true }).waitFor();
      await window.page.getByRole('button', { name: 'Start again' }).click();
      expect(await orders(window)).toEqual([{ command: 'stack.start', args: {} }]);
    });
  });

  test('a refused command is shown with its code and what to do, and stays', async () => {
    await inWindow({ ...story, refusal: dataLoss() }, { hash: '#queries' }, async ({ page }) => {
      await page.getByRole('button', { name: 'Stop Bronze', exact: true }).click();
      await page.getByText('DATA_LOSS: 1,320 records left the topic').waitFor();
      await page.getByText('Put the records back from a copy of the topic').waitFor();
    });
  });

  test('Ctrl+R restarts the query that is shown', async () => {
    await inWindow(story, { hash: '#queries/alert' }, async (window) => {
      await window.page.getByRole('radio', { name: 'Alert' }).waitFor({ state: 'attached' });
      await window.page.keyboard.press('Control+r');
      await window.page.getByText('Alert restarts after this batch.').waitFor();
      expect(await orders(window)).toEqual([{ command: 'query.restart', args: { query: 'alert' } }]);
    });
  });
});

describe('a loss', () => {
  test('is shown in numbers before it can be accepted, and then exactly that is given up', async () => {
    await inWindow({ snapshot: failing(), loss: loss() }, { hash: '#queries/bronze' }, async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Look at the loss…' }).click();
      await page.getByRole('dialog').getByText('987', { exact: true }).waitFor();
      expect((await orders(window)).map(({ command }) => command)).not.toContain('loss.accept');
      await page.getByRole('button', { name: 'Give up 1,320 offsets, then start Bronze' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await orders(window)).toContainEqual({
        command: 'loss.accept',
        args: { query: 'bronze', gaps: loss().gaps },
      });
    });
  });
});

describe('clearing a checkpoint', () => {
  test('asks again for each place to begin at, and clears from the chosen one', async () => {
    const latest = { ...preview(), from: 'latest' as const, skipped: 1_234 };
    await inWindow({ ...story, preview: latest }, { hash: '#checkpoints' }, async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Clear Bronze…' }).click();
      await page.getByText('Begin at the end').first().click();
      await page.getByText('1,234', { exact: true }).waitFor();
      await page.getByLabel('to confirm').fill('bronze');
      await page.getByRole('button', { name: 'Clear, then start Bronze' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const asked = (await orders(window)).filter(({ command }) => command.startsWith('checkpoint.'));
      expect(asked.map(({ args }) => (args as { from: string }).from)).toEqual(['table', 'latest', 'latest']);
    });
  });

  test('needs the typed name, and Enter does nothing before', async () => {
    await inWindow(story, { hash: '#checkpoints' }, async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Clear Bronze…' }).click();
      const confirm = page.getByRole('button', { name: 'Clear, then start Bronze' });
      const field = page.getByLabel('to confirm');
      await field.fill('bronz');
      await field.press('Enter');
      expect(await confirm.isDisabled()).toBe(true);
      await field.fill('bronze');
      await confirm.click();
      await page.getByText('The Bronze checkpoint is cleared').waitFor();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await orders(window)).toContainEqual({
        command: 'checkpoint.clear',
        args: { query: 'bronze', from: 'table', confirm: 'bronze' },
      });
    });
  });

  test('shows the numbers of the preview before, and changes nothing when it is left', async () => {
    await inWindow(story, { hash: '#checkpoints' }, async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Clear Bronze…' }).click();
      await page.getByText('From Delta version 435').waitFor();
      await page.getByText('847', { exact: true }).waitFor();
      await page.getByText('202 objects, 96.3 KB', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const commands = (await orders(window)).map(({ command }) => command);
      expect(new Set(commands)).toEqual(new Set(['checkpoint.preview']));
    });
  });

  test('a preview that fails says why, and there is nothing to confirm', async () => {
    await inWindow({ ...story, preview: dataLoss() }, { hash: '#checkpoints' }, async ({ page }) => {
      await page.getByRole('button', { name: 'Clear Alert…' }).click();
      await page.getByRole('dialog').getByText('DATA_LOSS').waitFor();
      expect(await page.getByLabel('to confirm').count()).toBe(0);
    });
  });
});

describe('fraud feed', () => {
  const more = { type: 'parts', parts: { frauds: [fraud(-3), fraud(-2), fraud(-1), ...full().frauds].slice(0, 200) } };
  const rows = ({ page }: TestWindow) => page.locator('tbody tr[data-key]');

  test('a paused list holds still and counts; resuming shows what is new', async () => {
    await inWindow(story, { hash: '#feed' }, async (window) => {
      const { page } = window;
      await rows(window).first().waitFor();
      await page.keyboard.press('Space');
      await window.tell(more);
      await page.getByRole('button', { name: '3 new' }).waitFor();
      expect(await rows(window).first().getAttribute('data-key')).toBe(fraud(0).transNum);
      await page.keyboard.press('Space');
      await page.locator(`tr[data-key="${fraud(-3).transNum}"]`).waitFor();
      expect(await rows(window).first().getAttribute('data-key')).toBe(fraud(-3).transNum);
    });
  });

  test('a list under the pointer does not move', async () => {
    await inWindow(story, { hash: '#feed' }, async (window) => {
      await rows(window).nth(2).hover();
      await window.tell(more);
      await window.page.getByText('3 new').waitFor();
      expect(await rows(window).first().getAttribute('data-key')).toBe(fraud(0).transNum);
      await window.page.mouse.move(5, 5);
      await window.page.locator(`tr[data-key="${fraud(-3).transNum}"]`).waitFor();
    });
  });

  test('filters and search narrow the list, and Show all takes them back', async () => {
    await inWindow(story, { hash: '#feed' }, async (window) => {
      const { page } = window;
      await page.getByText('200 shown').waitFor();
      await page.getByLabel(/HIGH/).uncheck();
      await page.getByText('68 shown').waitFor();
      await page.getByRole('searchbox').fill('no such merchant');
      await page.getByText('Nothing matches the filter').waitFor();
      await page.getByRole('button', { name: 'Show all 200' }).click();
      await page.getByText('200 shown').waitFor();
      await page.getByRole('searchbox').fill('kozey');
      await page.getByText('20 shown').waitFor();
    });
  });

  test('a row opens with the keyboard and shows why it was flagged', async () => {
    await inWindow(story, { hash: '#feed' }, async (window) => {
      const { page } = window;
      const why = rows(window).first().getByText('6.4 spreads above its mean');
      await why.waitFor();
      await rows(window).first().focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const detail = page.getByRole('complementary', { name: /^transaction/ });
      await detail.getByText('6.4 spreads above its mean').waitFor();
      await detail.getByText('+4.12').waitFor();
      await detail.getByText('6 other inputs').waitFor();
      await detail.getByText("knows the card's history").waitFor();
      await why.waitFor({ state: 'detached' });
      expect(await page.evaluate(() => location.hash)).toBe(`#feed/one/${fraud(1).transNum}`);
      await page.keyboard.press('Escape');
      await detail.waitFor({ state: 'detached' });
    });
  });

  test('a fraud is followed from its change event to its file and its message', async () => {
    await inWindow({ ...story, trace: trace() }, { hash: `#feed/one/${fraud(0).transNum}` }, async ({ page }) => {
      const steps = page.getByRole('region', { name: 'Trace' });
      await steps.getByText('p0 offset 81,084 · created').waitFor();
      await steps.getByText(/^year=2020\/month=6\/day=21\/part-00000/).waitFor();
      await steps.getByText('message 4127').waitFor();
      expect(await steps.getByRole('link', { name: 'batch 417' }).getAttribute('href')).toBe('#queries/bronze/417');
    });
  });

  test('the model says why a payment got its score when it is asked, and not before', async () => {
    const { transNum } = ordinary();
    await inWindow(
      { ...story, trace: ordinary(), explanation: explanation() },
      { hash: `#feed/one/${transNum}` },
      async (window) => {
        const { page } = window;
        const why = page.getByRole('region', { name: 'Why this score' });
        await why.getByText('0.0231').waitFor();
        const asked = async () => (await window.calls()).filter(({ command }) => command === 'transaction.explain');
        expect(await asked()).toEqual([]);
        await why.getByRole('button', { name: 'Ask the model' }).click();
        await why.getByText('Hour 23, late night').waitFor();
        await why.getByText('+1.21').waitFor();
        await why.getByText('Defaults were taken for: age.').waitFor();
        expect(await asked()).toEqual([{ command: 'transaction.explain', args: { transNum } }]);
      },
    );
  });

  test('any number can be followed from the search, and one that nobody has seen is said to be unknown', async () => {
    await inWindow({ ...story, trace: noTrace('no-such-number') }, { hash: '#feed' }, async (window) => {
      const { page } = window;
      await page.getByRole('searchbox').fill('no-such-number');
      await page.getByRole('button', { name: 'Follow transaction no-such-number' }).click();
      await page.getByText('Nobody has seen this number.').waitFor();
      expect((await window.calls()).at(-1)).toEqual({
        command: 'transaction.trace',
        args: { transNum: 'no-such-number' },
      });
    });
  });
});

describe('logs', () => {
  const entry = (id: number, message: string) => ({
    id,
    at: 1_795_357_927_500,
    level: 'info',
    source: 'bronze',
    message,
  });

  test('search takes a pattern as the old scripts did, and marks what it found', async () => {
    await inWindow(story, { hash: '#logs' }, async ({ page }) => {
      await page.getByRole('searchbox').fill('Fraud|ALERT');
      await page.locator('mark', { hasText: 'ALERT' }).first().waitFor();
      expect(await page.locator('.log-line').filter({ hasText: 'Writing' }).count()).toBe(0);
      // Half a pattern is plain text.
      await page.getByRole('searchbox').fill('layer... (');
      await page.getByText('No line matches').waitFor();
    });
  });

  test('clearing the view is a marker that stays over a change of screen, and can be taken back', async () => {
    await inWindow(story, { hash: '#logs' }, async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Clear view' }).click();
      await page.getByText('No line yet').waitFor();
      await window.goTo('#lag');
      await window.goTo('#logs');
      await window.tell({ type: 'logs', lines: [entry(9_000, 'Batch 422: fresh')] });
      await page.getByText('Batch 422: fresh').waitFor();
      expect(await page.locator('.log-line').count()).toBe(1);
      await page.getByRole('button', { name: 'Show them' }).click();
      await page.getByText('Batch 421: commits/421 written').waitFor();
    });
  });

  test('scrolling up holds the list while lines come; End follows again', async () => {
    await inWindow(story, { hash: '#logs' }, async (window) => {
      const { page } = window;
      await page.getByText('Following').waitFor();
      await page.locator('.log-box').hover();
      await page.mouse.wheel(0, -600);
      await page.getByText('Held').waitFor();
      await window.tell({ type: 'logs', lines: [entry(9_001, 'the newest line')] });
      expect(await page.getByText('the newest line').count()).toBe(0);
      await page.locator('.log-box').focus();
      await page.keyboard.press('End');
      await page.getByText('the newest line').waitFor();
    });
  });

  test('copying gives the lines that are shown, with their prefix', async () => {
    await inWindow(story, { hash: '#logs' }, async ({ page }) => {
      await page.getByRole('searchbox').fill('dead letter');
      await page.getByText('1 of ').waitFor();
      await page.getByRole('button', { name: 'Copy what is shown' }).click();
      await page.getByText('1 line is in the clipboard.').waitFor();
      const text = await page.evaluate(() => navigator.clipboard.readText());
      expect(text).toContain('ERROR [Bronze] Batch 410: dead letter p3 80,771');
    });
  });
});

describe('the window', () => {
  test('keys lead to every screen, and the page never scrolls sideways', async () => {
    await inWindow(story, {}, async ({ page }) => {
      const titles = [
        'Overview',
        'Fraud feed',
        'Queries',
        'Checkpoints',
        'Lag',
        'Dead letters',
        'Deliveries',
        'Stack',
        'Logs',
      ];
      for (const [index, title] of titles.entries()) {
        await page.keyboard.press(`Control+${index + 1}`);
        await page.getByRole('heading', { level: 1, name: title }).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      }
    });
  });

  test('the scheme follows the system, and a choice is kept', async () => {
    const background = (window: TestWindow) =>
      window.page.evaluate(() => getComputedStyle(document.querySelector('.card') as Element).backgroundColor);
    await inWindow(story, { scheme: 'light' }, async (window) => {
      await window.page.locator('.card').first().waitFor();
      expect(await background(window)).toBe('rgb(255, 255, 255)');
    });
    await inWindow(story, { scheme: 'dark' }, async (window) => {
      await window.page.locator('.card').first().waitFor();
      expect(await background(window)).toBe('rgb(22, 24, 29)');
      await window.page.getByRole('button', { name: /^Theme/ }).click();
      await window.page.waitForFunction(() => document.documentElement.dataset['mantineColorScheme'] === 'light');
      await window.page.reload();
      await window.page.locator('.card').first().waitFor();
      expect(await background(window)).toBe('rgb(255, 255, 255)');
    });
  });

  test('times are written in UTC until local time is chosen', async () => {
    await inWindow(story, {}, async ({ page }) => {
      const title = page.getByRole('banner').first();
      await title.getByText('14:32:07').waitFor();
      await page.getByRole('button', { name: 'UTC' }).click();
      await title.getByText('15:32:07').waitFor();
    });
  });

  test('a part that the console sends replaces what was shown', async () => {
    await inWindow(story, {}, async (window) => {
      const queries = full().queries;
      await window.page.getByText('Bronze keeps up.').waitFor();
      await window.tell({
        type: 'parts',
        parts: { queries: { ...queries, bronze: { ...queries.bronze, headline: 'Bronze has nothing to do.' } } },
      });
      await window.page.getByText('Bronze has nothing to do.').waitFor();
    });
  });

  test('text from outside is shown as text and never becomes markup', async () => {
    const evil = '<img src=x onerror="document.title=\'owned\'">';
    const snapshot = { ...full(), frauds: [{ ...fraud(0), merchant: evil, explanation: [evil] }] };
    await inWindow({ snapshot }, { hash: `#feed/one/${fraud(0).transNum}` }, async ({ page }) => {
      await page.getByText(evil).first().waitFor();
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).toBe('Sluice');
    });
  });

  test('a banner can be closed', async () => {
    await inWindow({ snapshot: failing() }, {}, async ({ page }) => {
      const banner = page.getByText('Sluice runs on an older Electron');
      await banner.waitFor();
      await page.getByRole('button', { name: /^Close: Sluice runs/ }).click();
      await banner.waitFor({ state: 'detached' });
    });
  });

  test('the numbers of a chart can be had as a table', async () => {
    await inWindow(story, { hash: '#lag' }, async ({ page }) => {
      await page.getByRole('button', { name: 'Show Records behind as a table' }).click();
      const table = page.getByRole('region', { name: 'Records behind, as a table' });
      expect(await table.locator('tbody tr').count()).toBe(180);
      await table.getByText('not known').first().waitFor();
    });
  });
});
