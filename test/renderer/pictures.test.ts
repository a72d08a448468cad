import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  changing,
  dataLoss,
  deadLetters,
  down,
  empty,
  failing,
  fraud,
  full,
  logs,
  ownedByOther,
  preview,
  starting,
} from './support/story.ts';
import {
  brokenReport,
  docker,
  dockerChanging,
  embeddedCapture,
  failedCapture,
  noCapture,
  serviceLog,
  wellCapture,
  wellReport,
} from './support/stack-story.ts';
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
import { explanation, ordinary, trace } from './support/trace-story.ts';
import { openStage, type Script, type Stage, type TestWindow } from './support/window.ts';

/** Pictures of every screen in every state, for people to look at: `test-results/pictures/`. */
const folder = path.join(import.meta.dirname, '../../test-results/pictures');

const SCREENS = [
  'overview',
  'feed',
  'queries',
  'checkpoints',
  'lag',
  'dead-letters',
  'deliveries',
  'stack',
  'logs',
] as const;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;
const SCHEMES = ['dark', 'light'] as const;

const story: Script = {
  snapshot: full(),
  logs: logs(),
  preview: preview(),
  deadLetters: deadLetters(),
  trace: trace(),
  capture: embeddedCapture(),
  doctor: wellReport(),
};

const PATIENCE = 600_000;

let stage: Stage;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  stage = await openStage();
});
afterAll(() => stage.close());

/** The same window in both sizes and both schemes. */
async function takeAll(window: TestWindow, name: string): Promise<void> {
  for (const size of SIZES) {
    for (const scheme of SCHEMES) {
      await window.page.setViewportSize(size);
      await window.page.emulateMedia({ colorScheme: scheme });
      // The page hears of it later, and only then its colours begin to change.
      await window.page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: 'attached' });
      await window.settle();
      await window.page.screenshot({ path: path.join(folder, `${name}-${size.width}-${scheme}.png`) });
    }
  }
}

async function take(name: string, script: Script, hash = '', act?: (window: TestWindow) => Promise<void>) {
  const window = await stage.open(script, { hash });
  try {
    await act?.(window);
    await takeAll(window, name);
    expect(window.faults()).toEqual([]);
  } finally {
    await window.close();
  }
}

const STATES: Readonly<Record<string, Script>> = {
  full: story,
  empty: { snapshot: empty(), capture: noCapture(), doctor: wellReport() },
  loading: { snapshot: null },
  failing: {
    snapshot: failing(),
    logs: logs(),
    deadLetters: dataLoss(),
    capture: ownedByOther(),
    doctor: brokenReport(),
  },
};

for (const [state, script] of Object.entries(STATES)) {
  test(
    `every screen is drawn without a fault when it is ${state}`,
    async () => {
      const window = await stage.open(script);
      try {
        for (const screen of SCREENS) {
          await window.goTo(`#${screen}`);
          await takeAll(window, `${screen}-${state}`);
        }
        expect(window.faults()).toEqual([]);
      } finally {
        await window.close();
      }
    },
    PATIENCE,
  );
}

test(
  'what can be opened is drawn without a fault',
  async () => {
    await take('batch-open', story, '#queries/bronze/410');
    await take('fraud-open', story, `#feed/one/${fraud(0).transNum}`);
    await take('transaction-open', story, '#feed/one/0b242abb623afc578575680df30655b9');
    await take(
      'transaction-explained',
      { ...story, trace: ordinary(), explanation: explanation() },
      `#feed/one/${ordinary().transNum}`,
      async ({ page }) => {
        await page.getByRole('button', { name: 'Ask the model' }).click();
        await page.getByText('Hour 23, late night').waitFor();
      },
    );
    await take('delivery-single', story, `#deliveries/${fraud(2).transNum}`);
    await take('delivery-digest', story, `#deliveries/${fraud(4).transNum}`);
    await take('delivery-held', story, `#deliveries/${fraud(8).transNum}`, async ({ page }) => {
      await page.getByText('Held', { exact: true }).click();
    });
    await take('letter-open', story, `#dead-letters/${deadLetters().letters[7]?.id}`, async ({ page }) => {
      for (const place of ['p2 80,711', 'p3 80,771', 'p1 79,960']) await page.getByLabel(`Tick ${place}`).check();
      await page.getByRole('button', { name: 'Dry run', exact: true }).click();
      await page.getByText('3 would pass').waitFor();
    });
    await take('notes', story, '#dead-letters/notes');
    await take('clear-open', story, '#checkpoints', async ({ page }) => {
      await page.getByRole('button', { name: 'Clear Bronze…' }).click();
      await page.getByLabel('to confirm').fill('bronze');
    });
    await take('feed-paused', story, '#feed', async ({ page, tell }) => {
      await page.keyboard.press('Space');
      await tell({ type: 'parts', parts: { frauds: [fraud(-2), fraud(-1), ...full().frauds] } });
      await page.getByText('2 new').waitFor();
    });
    await take('keys', story, '', async ({ page }) => {
      await page.keyboard.press('?');
      await page.getByText('Walk through a table').waitFor();
    });
    await take('toast', story, '', async ({ page }) => {
      await page.getByRole('button', { name: 'Pause producer' }).click();
      await page.getByText('The producer pauses.').waitFor();
    });
  },
  PATIENCE,
);

test(
  'the docker stack is drawn without a fault, whole, broken and changing',
  async () => {
    const broken = { snapshot: docker(), capture: failedCapture(), doctor: brokenReport(), serviceLog: serviceLog() };
    await take('stack-docker', { ...broken, capture: wellCapture(), doctor: wellReport('docker') }, '#stack');
    await take('stack-docker-broken', broken, '#stack');
    await take('stack-docker-fix', broken, '#stack', async ({ page }) => {
      await page.getByRole('button', { name: 'Restart task…' }).click();
      await page.getByRole('button', { name: 'Show the difference' }).click();
    });
    await take('overview-docker', { ...broken, snapshot: { ...docker(), producer: null } });
    const refused = { ...down(), console: { ...down().console, profile: 'docker' as const } };
    await take('stack-failed-docker', { snapshot: refused });
    await take('stack-docker-changing', { ...broken, snapshot: dockerChanging() }, '#stack');
    await take('stack-docker-log', broken, '#stack', async ({ page }) => {
      await page.getByRole('button', { name: 'Log of kafka' }).click();
      await page.getByText('Elected leader').waitFor();
    });
  },
  PATIENCE,
);

test(
  'starting, changing, stopping and not starting are drawn without a fault',
  async () => {
    const stopping = { ...full(), console: { ...full().console, stack: 'STOPPING' as const } };
    await take('starting', { snapshot: starting() });
    await take('stack-failed', { snapshot: down() });
    await take('no-console', { snapshot: null, noConsole: ownedByOther() });
    await take('changing', { snapshot: changing(), logs: logs() }, '#queries/alert');
    await take('stopping', { snapshot: stopping, logs: logs() });
  },
  PATIENCE,
);

test('a narrow window shows the detail as a sheet and the menu as icons', async () => {
  const look = { width: 980, height: 700 };
  for (const [name, hash] of [
    ['narrow-overview', '#overview'],
    ['narrow-feed', `#feed/one/${fraud(0).transNum}`],
    ['narrow-queries', '#queries'],
  ] as const) {
    const window = await stage.open(story, { ...look, hash });
    await window.settle();
    await window.page.screenshot({ path: path.join(folder, `${name}.png`) });
    expect(window.faults()).toEqual([]);
    if (name === 'narrow-feed') await window.page.getByRole('dialog').waitFor();
    await window.close();
  }
});

test(
  'what Spark runs, and the way to and from it, are drawn without a fault',
  async () => {
    const spark: Script = { ...story, snapshot: onSpark() };
    await take('overview-spark', spark);
    await take('queries-spark', spark, '#queries/bronze');
    await take('checkpoints-spark', spark, '#checkpoints');
    await take('overview-elsewhere', { ...story, snapshot: elsewhere() });
    await take('overview-freed', { ...story, snapshot: freed() });
    await take('queries-freed', { ...story, snapshot: freed() }, '#queries/bronze');
    const sheet = async (name: string, script: Script, item: string, ready: string) =>
      take(name, script, '#queries/bronze', async ({ page }) => {
        await page.getByRole('button', { name: 'More of Bronze' }).click();
        await page.getByRole('menuitem', { name: item }).click();
        await page.getByRole('dialog').getByText(ready).first().waitFor();
      });
    const taking = { ...story, snapshot: freed() };
    const over = 'Take over from Spark…';
    await sheet('take-over', { ...taking, takeOver: takeOverPlan() }, over, 'Nobody writes here');
    await sheet('take-over-refused', { ...spark, takeOver: refusedPlan() }, over, 'NOT_ALLOWED_NOW');
    await sheet('take-over-uncertain', { ...taking, takeOver: uncertainPlan() }, over, 'Nothing tells');
    await sheet('take-over-loading', taking, over, 'Looking changes nothing');
    await sheet('take-over-failing', { ...taking, takeOver: dataLoss() }, over, 'DATA_LOSS');
    await sheet('hand-over', { ...story, handOver: handOverPlan() }, 'Hand over to Spark…', 'AWS_REGION');
    await sheet('hand-over-not-here', { ...story, handOver: noHandOver() }, 'Hand over to Spark…', 'stays here');
    await take('hand-over-alert', { ...story, handOver: handOverPlan('alert') }, '#queries/alert', async ({ page }) => {
      await page.getByRole('button', { name: 'More of Alert' }).click();
      await page.getByRole('menuitem', { name: 'Hand over to Spark…' }).click();
      await page.getByRole('dialog').getByText('AWS_REGION').first().waitFor();
    });
    await take('query-menu', story, '#queries/bronze', async ({ page }) => {
      await page.getByRole('button', { name: 'More of Bronze' }).click();
      await page.getByRole('menuitem').first().waitFor();
    });
  },
  PATIENCE,
);
