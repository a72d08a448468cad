import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataLoss, deadLetters, empty, full, logs } from './support/story.ts';
import { openStage, type Script, type Stage, type TestWindow } from './support/window.ts';

const story: Script = { snapshot: full(), logs: logs(), deadLetters: deadLetters() };
const { letters } = deadLetters();

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

async function inWindow(script: Script, hash: string, act: (window: TestWindow) => Promise<void>): Promise<void> {
  const window = await stage.open(script, { hash });
  try {
    await act(window);
    expect(window.faults()).toEqual([]);
  } finally {
    await window.close();
  }
}

const sent = async (window: TestWindow, command: string): Promise<unknown[]> =>
  (await window.calls()).filter((each) => each.command === command).map(({ args }) => args);

test('records stand by reason, with who found them, and the menu counts what waits', async () => {
  await inWindow(story, '#dead-letters', async (window) => {
    const { page } = window;
    await page
      .getByText('12 records that no query could use: 8 in both, 1 in Bronze alone, 3 in Alert alone')
      .waitFor();
    const group = page.getByRole('region', { name: 'Unknown operation' });
    await group.getByText('p3 80,771').waitFor();
    expect(await group.getByRole('listitem').count()).toBe(3);
    expect(await group.getByText('1 replayed').count()).toBe(1);
    await page
      .getByRole('region', { name: 'No transaction number' })
      .getByText('Alert', { exact: true })
      .first()
      .waitFor();
    const menu = page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Dead letters' });
    expect(await menu.textContent()).toBe('Dead letters11');
    await group.getByRole('button').click();
    expect(await group.getByRole('listitem').count()).toBe(0);
  });
});

test('a record shows its bytes masked, as hex and as text, and where reading ended', async () => {
  await inWindow(story, '#dead-letters', async (window) => {
    const { page } = window;
    await page.getByText('p0 12,044').click();
    const record = page.getByRole('article', { name: 'p0 12,044' });
    await record.getByText('bytes 0 to 203 of 1,196, card number masked').waitFor();
    expect(await record.locator('mark').allTextContents()).toEqual(['22', '"']);
    const hex = await record.locator('.hex-row').nth(5).locator('.hex-bytes').textContent();
    expect(hex).toBe('6d 22 3a •• •• •• •• ••  •• •• •• •• •• •• •• 35 ');
    await record.getByText('Text', { exact: true }).click();
    await record.getByText('"cc_num":••••••••••••5530').waitFor();
    await record.getByRole('button', { name: 'Later bytes' }).click();
    expect(await sent(window, 'deadLetters.show')).toContainEqual({ id: letters[0]?.id, from: 204 });
    await record.getByRole('button', { name: 'Save bytes' }).click();
    await page.getByText('1,196 bytes, not masked, in').waitFor();
    expect(await sent(window, 'deadLetters.save')).toEqual([{ id: letters[0]?.id }]);
  });
});

test('a replay comes only after a dry run of the same records, and tells what it has written', async () => {
  await inWindow(story, '#dead-letters', async (window) => {
    const { page } = window;
    expect(await page.getByRole('button', { name: /^Replay/ }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Dry run', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel('Tick p2 80,711').check();
    await page.getByLabel('Tick p3 80,771').check();
    await page.getByText('2 ticked').waitFor();
    await page.getByRole('button', { name: 'Dry run', exact: true }).click();
    const ids = [letters[6]?.id, letters[7]?.id];
    await page.getByRole('region', { name: 'Dry run' }).getByText('new, score 0.9466').waitFor();
    expect(await sent(window, 'deadLetters.dryRun')).toEqual([{ ids }]);
    expect(await sent(window, 'deadLetters.replay')).toEqual([]);
    await page.getByRole('button', { name: 'Replay 3' }).click();
    await page.getByText('3 rows in Delta version 436, 3 predictions, 1 alert').waitFor();
    expect(await sent(window, 'deadLetters.replay')).toEqual([{ ids }]);
    expect(await page.getByRole('button', { name: /^Replay/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByRole('region', { name: 'Replay' }).waitFor({ state: 'detached' });
  });
});

test('a replay that is refused says why, and can be tried again', async () => {
  await inWindow({ ...story, refusal: dataLoss() }, '#dead-letters', async ({ page }) => {
    await page.getByRole('button', { name: 'Dry run of all 12' }).click();
    await page.getByRole('button', { name: 'Replay 3' }).click();
    await page.getByRole('alert').getByText('DATA_LOSS').waitFor();
    expect(await page.getByRole('button', { name: 'Replay 3' }).isEnabled()).toBe(true);
  });
});

test('notes are listed by column and offer no replay', async () => {
  await inWindow(story, '#dead-letters', async (window) => {
    const { page } = window;
    await page.getByText('Coercion notes').click();
    await page.getByText('28654.9').waitFor();
    expect(await page.getByRole('button', { name: /Replay|Dry run/ }).count()).toBe(0);
    await page.getByRole('combobox', { name: 'Column' }).click();
    await page.getByRole('option', { name: 'city_pop (1)' }).click();
    await page.getByText('28654.9').waitFor({ state: 'detached' });
    await page.getByText('12x').waitFor();
  });
});

test('an empty quarantine says what would be there; an answer that fails says why', async () => {
  await inWindow({ snapshot: empty() }, '#dead-letters', async ({ page }) => {
    await page.getByText('Every record has become a row').waitFor();
    expect(await page.getByRole('button', { name: /Dry run|Export/ }).count()).toBe(0);
  });
  await inWindow({ ...story, deadLetters: dataLoss() }, `#dead-letters/${letters[0]?.id}`, async ({ page }) => {
    await page.getByRole('region', { name: 'The record' }).getByText('DATA_LOSS').waitFor();
    await page
      .getByRole('region', { name: 'Not valid JSON' })
      .getByText(/^DATA_LOSS: /)
      .waitFor();
  });
});
