import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changing, down, empty, failing, fraud, full, logs, ownedByOther, preview, starting } from './support/story.ts';
import { openStage, type Look, type Script, type Stage } from './support/window.ts';

/** Pictures of every screen in every state, for people to look at: `test-results/pictures/`. */
const folder = path.join(import.meta.dirname, '../../test-results/pictures');
const SCREENS = ['overview', 'feed', 'queries', 'checkpoints', 'lag', 'deliveries', 'logs'] as const;

const STATES: Readonly<Record<string, () => Script>> = {
  full: () => ({ snapshot: full(), logs: logs(), preview: preview() }),
  empty: () => ({ snapshot: empty() }),
  loading: () => ({ snapshot: null }),
  failing: () => ({ snapshot: failing(), logs: logs() }),
};

const LOOKS: readonly Look[] = (['dark', 'light'] as const).flatMap((scheme) => [
  { width: 1280, height: 800, scheme },
  { width: 1920, height: 1080, scheme },
]);

let stage: Stage;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  stage = await openStage();
});
afterAll(() => stage.close());

async function take(
  name: string,
  script: Script,
  look: Look,
  act?: (stage: Awaited<ReturnType<Stage['open']>>) => Promise<void>,
) {
  const window = await stage.open(script, look);
  try {
    await window.page.getByRole('heading', { level: 1 }).waitFor();
    if (act) await act(window);
    // The skeletons come after 200 ms, and a sheet slides for 180 ms.
    await window.page.waitForTimeout(300);
    await window.page.screenshot({ path: path.join(folder, `${name}-${look.width}-${look.scheme}.png`) });
    expect(window.faults()).toEqual([]);
  } finally {
    await window.close();
  }
}

for (const look of LOOKS) {
  const at = `at ${look.width}, ${look.scheme}`;
  for (const screen of SCREENS) {
    test(`${screen} is drawn without a fault in each of its states ${at}`, async () => {
      for (const [state, script] of Object.entries(STATES)) {
        await take(`${screen}-${state}`, script(), { ...look, hash: `#${screen}` });
      }
    });
  }

  test(`what opens is drawn without a fault ${at}`, async () => {
    const script = STATES['full']?.() as Script;
    await take('batch-open', script, { ...look, hash: '#queries/bronze/410' });
    await take('fraud-open', script, { ...look, hash: `#feed/one/${fraud(0).transNum}` });
    await take('delivery-open', script, { ...look, hash: `#deliveries/${fraud(4).transNum}` });
    await take('clear-open', script, { ...look, hash: '#checkpoints' }, async ({ page }) => {
      await page.getByRole('button', { name: 'Clear Bronze…' }).click();
      await page.getByLabel('to confirm').fill('bronze');
    });
    await take('feed-paused', script, { ...look, hash: '#feed' }, async ({ page, tell }) => {
      await page.keyboard.press('Space');
      await tell({ type: 'parts', parts: { frauds: [fraud(-2), fraud(-1), ...full().frauds] } });
      await page.getByText('2 new').waitFor();
    });
    await take('keys', script, look, async ({ page }) => {
      await page.keyboard.press('?');
      await page.getByText('Walk through a table').waitFor();
    });
    await take('toast', script, look, async ({ page }) => {
      await page.getByRole('button', { name: 'Pause producer' }).click();
      await page.getByText('The producer pauses.').waitFor();
    });
  });

  test(`starting, changing, stopping and failing are drawn without a fault ${at}`, async () => {
    const stopping = { ...full(), console: { ...full().console, stack: 'STOPPING' as const } };
    await take('starting', { snapshot: starting() }, look);
    await take('stack-failed', { snapshot: down() }, look);
    await take('no-console', { snapshot: null, noConsole: ownedByOther() }, look);
    await take('changing', { snapshot: changing(), logs: logs() }, { ...look, hash: '#queries/alert' });
    await take('stopping', { snapshot: stopping, logs: logs() }, look);
  });
}

test('a narrow window shows the detail as a sheet and the menu as icons', async () => {
  const script = STATES['full']?.() as Script;
  const look = { width: 980, height: 700, scheme: 'dark' } as const;
  await take('narrow-overview', script, look);
  await take('narrow-feed', script, { ...look, hash: `#feed/one/${fraud(0).transNum}` });
  await take('narrow-queries', script, { ...look, hash: '#queries' });
});
