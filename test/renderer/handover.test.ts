import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  elsewhere,
  freed,
  handOverPlan,
  noHandOver,
  onSpark,
  refusedPlan,
  takeOverPlan,
  uncertainPlan,
} from './support/handover-story.ts';
import { dataLoss, full } from './support/story.ts';
import { openStage, type Script, type Stage, type TestWindow } from './support/window.ts';

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

async function violations({ page }: TestWindow): Promise<string[]> {
  // The menu that the sheet was opened from fades, and is empty by then.
  await page.getByRole('menu').first().waitFor({ state: 'hidden' });
  const { violations: found } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

describe('a query that Spark runs', () => {
  test('says on the Overview who, where, since when and how far, and why Start is refused', async () => {
    await inWindow({ snapshot: onSpark() }, '#overview', async (window) => {
      const bronze = window.page.getByRole('region', { name: 'Bronze', exact: true });
      for (const text of [
        'Spark runs Bronze.',
        'etl-driver-2.cluster.internal, process 28114',
        '11:32:07',
        '421, 7 s ago',
        'v435, 6 s ago',
        'Start is refused here: Spark holds the lease of the checkpoint.',
      ])
        await bronze.getByText(text).waitFor();
      const alert = window.page.getByRole('region', { name: 'Alert', exact: true });
      await alert.getByText('411, 7 s ago').waitFor();
      await alert.getByText('sent from here', { exact: true }).waitFor();
      expect(await alert.getByText('Start is refused').count()).toBe(0);
      expect(await window.page.getByText('FENCED').count()).toBe(0);
      await window.page.getByText('by Spark', { exact: true }).first().waitFor();
    });
  });

  test('cannot be started, alone or with the other, and says why to who tries', async () => {
    await inWindow({ snapshot: onSpark() }, '#queries/bronze', async (window) => {
      const { page } = window;
      const start = page.getByRole('button', { name: 'Start Bronze' });
      await start.hover();
      await page.getByRole('tooltip').getByText('Stop its program first').waitFor();
      await start.click({ force: true });
      await page.getByRole('button', { name: 'Start both', exact: true }).click({ force: true });
      await page.keyboard.press('Control+r');
      await page.getByText('Stop its program first, then take over.').first().waitFor();
      for (const command of ['query.start', 'query.restart']) expect(await sent(window, command)).toEqual([]);
      await page.getByText('Spark runs the batches of Bronze').waitFor();
      await page.getByRole('button', { name: 'Stop Alert' }).click();
      expect(await sent(window, 'query.stop')).toEqual([{ query: 'alert' }]);
    });
  });

  test('cannot be cleared, and its open batch is under way and not in doubt', async () => {
    await inWindow({ snapshot: onSpark() }, '#checkpoints', async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'Clear Bronze…' }).click({ force: true });
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.getByText('batch 412 under way').waitFor();
      await page.getByText('Spark on etl-driver-2').first().waitFor();
    });
  });

  test('is told from one that another console runs, which cannot be taken over here', async () => {
    await inWindow({ snapshot: elsewhere() }, '#overview', async ({ page }) => {
      const bronze = page.getByRole('region', { name: 'Bronze', exact: true });
      await bronze.getByText('desk-of-ben, process 902').waitFor();
      expect(await bronze.getByRole('button', { name: 'Take over from Spark…' }).count()).toBe(0);
      const alert = page.getByRole('region', { name: 'Alert', exact: true });
      await alert.getByText('nobody holds the lease').waitFor();
    });
  });

  test('is an ordinary stopped one again once Spark has gone', async () => {
    await inWindow({ snapshot: freed() }, '#queries/bronze', async (window) => {
      await window.page.getByText('Bronze is free again.').first().waitFor();
      expect(await window.page.getByText('FENCED').count()).toBe(0);
      await window.page.getByRole('button', { name: 'Start Bronze' }).click();
      expect(await sent(window, 'query.start')).toEqual([{ query: 'bronze' }]);
    });
  });
});

describe('taking over', () => {
  test('shows both sides, what it will do, what is read again and what is lost to that, and then does it', async () => {
    await inWindow({ snapshot: freed(), takeOver: takeOverPlan() }, '#queries/bronze', async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'More of Bronze' }).click();
      await page.getByRole('menuitem', { name: 'Take over from Spark…' }).click();
      const sheet = page.getByRole('dialog', { name: 'Take Bronze over from Spark' });
      await sheet.getByText('Nobody writes here').waitFor();
      await sheet.getByRole('row', { name: 'Finished 421 421' }).waitFor();
      await sheet.getByText('goes on with batch 422').waitFor();
      await sheet.getByText('128,406', { exact: true }).waitFor();
      await sheet.getByRole('row', { name: 'p0 11,200 12,044 844' }).waitFor();
      expect(await violations(window)).toEqual([]);
      expect(await sent(window, 'takeOver.confirm')).toEqual([]);
      await sheet.getByRole('button', { name: 'Take over, then start Bronze' }).click();
      await page.getByText('Bronze is taken over from Spark and starts.').waitFor();
      await sheet.waitFor({ state: 'detached' });
      expect(await sent(window, 'takeOver.confirm')).toEqual([
        { query: 'bronze', lastCommit: 421, sparkIsStopped: false },
      ]);
    });
  });

  test('while Spark runs says so and has nothing to press but a second look; it looks by itself when the lease is free', async () => {
    await inWindow({ snapshot: onSpark(), takeOver: refusedPlan() }, '#overview', async (window) => {
      const { page } = window;
      const bronze = page.getByRole('region', { name: 'Bronze', exact: true });
      await bronze.getByRole('button', { name: 'Take over from Spark…' }).click();
      const sheet = page.getByRole('dialog', { name: 'Take Bronze over from Spark' });
      await sheet.getByText('Stop the Spark program (SIGTERM or Ctrl-C)').waitFor();
      expect(await sheet.getByRole('button', { name: /^Take over/ }).count()).toBe(0);
      await sheet.getByRole('button', { name: 'Look again' }).click();
      expect(await sent(window, 'takeOver.plan')).toHaveLength(2);
      const { queries, checkpoints } = freed();
      await window.tell({ type: 'parts', parts: { queries, checkpoints } });
      await bronze.getByText('Bronze is free again.').waitFor();
      await sheet.waitFor();
      expect(await sent(window, 'takeOver.plan')).toHaveLength(3);
    });
  });

  test('wants to be told that Spark has stopped where nothing tells; by keys alone', async () => {
    await inWindow({ snapshot: freed(), takeOver: uncertainPlan() }, '#queries/bronze', async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'More of Bronze' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Hand over to Spark…' }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const sheet = page.getByRole('dialog', { name: 'Take Bronze over from Spark' });
      const act = sheet.getByRole('button', { name: 'Take over, then start Bronze' });
      const tick = sheet.getByLabel('I have made sure that the Spark program has stopped');
      await sheet.getByText('Batch 421 is promised and not confirmed.').waitFor();
      expect(await act.isDisabled()).toBe(true);
      await tick.focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('Enter');
      await sheet.waitFor({ state: 'detached' });
      expect(await sent(window, 'takeOver.confirm')).toEqual([
        { query: 'bronze', lastCommit: 420, sparkIsStopped: true },
      ]);
    });
  });

  test('is left without a trace, and the focus goes back to where it came from', async () => {
    await inWindow({ snapshot: onSpark(), takeOver: takeOverPlan() }, '#overview', async (window) => {
      const { page } = window;
      const way = page.getByRole('region', { name: 'Bronze', exact: true }).getByRole('button');
      await way.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByText('goes on with batch 422').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await way.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await sent(window, 'takeOver.confirm')).toEqual([]);
    });
  });

  test('a refusal stays in the sheet with what to do, and a look that fails says why', async () => {
    const refused = refusedPlan().refusal;
    if (!refused) throw new Error('the plan is refused');
    await inWindow(
      { snapshot: freed(), takeOver: takeOverPlan(), refusal: refused },
      '#queries/bronze',
      async ({ page }) => {
        await page.getByRole('button', { name: 'More of Bronze' }).click();
        await page.getByRole('menuitem', { name: 'Take over from Spark…' }).click();
        await page.getByRole('button', { name: 'Take over, then start Bronze' }).click();
        await page.getByRole('dialog').getByText('NOT_ALLOWED_NOW').waitFor();
      },
    );
    await inWindow({ snapshot: freed(), takeOver: dataLoss() }, '#queries/bronze', async ({ page }) => {
      await page.getByRole('button', { name: 'More of Bronze' }).click();
      await page.getByRole('menuitem', { name: 'Take over from Spark…' }).click();
      await page.getByRole('dialog').getByText('DATA_LOSS').waitFor();
    });
  });
});

describe('handing over', () => {
  test('tells the steps; the command is copied whole, for the chosen release, and no secret is in it', async () => {
    await inWindow({ snapshot: full(), handOver: handOverPlan() }, '#queries/bronze', async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'More of Bronze' }).click();
      expect(await page.getByRole('menuitem', { name: 'Take over from Spark…' }).count()).toBe(0);
      await page.getByRole('menuitem', { name: 'Hand over to Spark…' }).click();
      const sheet = page.getByRole('dialog', { name: 'Hand Bronze over to Spark' });
      await sheet.getByText('AWS_SECRET_ACCESS_KEY').waitFor();
      expect(await violations(window)).toEqual([]);
      await sheet.getByText('Spark 4.0', { exact: true }).click();
      await sheet.getByRole('button', { name: 'Copy command' }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(handOverPlan().commands[1]?.text);
      await sheet.getByRole('button', { name: 'Stop Bronze' }).click();
      expect(await sent(window, 'query.stop')).toEqual([{ query: 'bronze' }]);
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
      const more = page.getByRole('button', { name: 'More of Bronze' });
      expect(await more.evaluate((element) => element === document.activeElement)).toBe(true);
    });
  });

  test('Alert is left to Spark and goes on sending: one act, then the command', async () => {
    await inWindow({ snapshot: full(), handOver: handOverPlan('alert') }, '#queries/alert', async (window) => {
      const { page } = window;
      await page.getByRole('button', { name: 'More of Alert' }).click();
      await page.getByRole('menuitem', { name: 'Hand over to Spark…' }).click();
      const sheet = page.getByRole('dialog', { name: 'Hand Alert over to Spark' });
      await sheet.getByText('sends the alerts that Spark stores').waitFor();
      expect(await sheet.getByRole('button', { name: 'Stop Alert' }).count()).toBe(0);
      await sheet.getByRole('button', { name: 'Leave Alert to Spark' }).click();
      await page.getByText('Alert is left to Spark; its alerts are sent from here.').waitFor();
      expect(await sent(window, 'handOver.leave')).toEqual([{}]);
    });
  });

  test('says calmly where it cannot be done', async () => {
    await inWindow({ snapshot: full(), handOver: noHandOver() }, '#queries/bronze', async ({ page }) => {
      await page.getByRole('button', { name: 'More of Bronze' }).click();
      await page.getByRole('menuitem', { name: 'Hand over to Spark…' }).click();
      await page.getByRole('dialog').getByText('Bronze stays here').waitFor();
      for (const name of ['Copy command', 'Stop Bronze'])
        expect(await page.getByRole('dialog').getByRole('button', { name }).count()).toBe(0);
    });
  });
});

test('axe finds nothing where Spark runs the queries', async () => {
  await inWindow({ snapshot: onSpark(), takeOver: refusedPlan() }, '#overview', async (window) => {
    for (const hash of ['#overview', '#queries/bronze', '#checkpoints']) {
      await window.goTo(hash);
      await window.settle();
      expect(await violations(window), hash).toEqual([]);
    }
  });
}, 120_000);
