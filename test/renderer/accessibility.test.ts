import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../src/console/contract.ts';
import { deadLetters, empty, failing, fraud, full, logs, preview, starting } from './support/story.ts';
import { brokenReport, docker, embeddedCapture, failedCapture, wellReport } from './support/stack-story.ts';
import { openStage, type Script, type Stage } from './support/window.ts';

/** A few rows tell as much as two hundred, and axe looks at each. */
function short(snapshot: Snapshot): Snapshot {
  const { queries, frauds, deliveries } = snapshot;
  const few = (query: Snapshot['queries']['bronze']) => ({ ...query, batches: query.batches.slice(0, 12) });
  return {
    ...snapshot,
    queries: { bronze: few(queries.bronze), alert: few(queries.alert) },
    frauds: frauds.slice(0, 12),
    deliveries: deliveries.slice(0, 12),
  };
}

const PATIENCE = 240_000;

const PLACES: Readonly<Record<string, Script & { readonly hashes: readonly string[] }>> = {
  full: {
    snapshot: short(full()),
    logs: logs(),
    preview: preview(),
    deadLetters: deadLetters(),
    capture: embeddedCapture(),
    doctor: wellReport(),
    hashes: [
      '#overview',
      `#feed/one/${fraud(0).transNum}`,
      '#queries/bronze/411',
      '#checkpoints',
      '#lag',
      `#dead-letters/${deadLetters().letters[0]?.id}`,
      '#dead-letters/notes',
      `#deliveries/${fraud(4).transNum}`,
      '#stack',
      '#logs',
    ],
  },
  empty: {
    snapshot: empty(),
    hashes: [
      '#overview',
      '#feed',
      '#queries',
      '#checkpoints',
      '#lag',
      '#dead-letters',
      '#deliveries',
      '#stack',
      '#logs',
    ],
  },
  failing: { snapshot: short(failing()), logs: logs(), hashes: ['#overview', '#queries', '#checkpoints', '#lag'] },
  docker: { snapshot: short(docker()), capture: failedCapture(), doctor: brokenReport(), hashes: ['#stack'] },
  starting: { snapshot: starting(), hashes: ['#overview', '#queries'] },
};

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

for (const scheme of ['light', 'dark'] as const) {
  for (const [state, { hashes, ...script }] of Object.entries(PLACES)) {
    test(
      `axe finds nothing on the screens when they are ${state}, ${scheme}`,
      async () => {
        const window = await stage.open(script, { scheme });
        for (const hash of hashes) {
          await window.goTo(hash);
          await window.settle();
          expect(await violations(window.page), hash).toEqual([]);
        }
        await window.close();
      },
      PATIENCE,
    );
  }
}

test('axe finds nothing on the sheet that clears a checkpoint', async () => {
  const window = await stage.open({ snapshot: short(full()), preview: preview() }, { hash: '#checkpoints' });
  await window.page.getByRole('button', { name: 'Clear Bronze…' }).click();
  await window.page.getByLabel('to confirm').waitFor();
  await window.settle();
  expect(await violations(window.page)).toEqual([]);
  await window.close();
});

async function violations(page: ConstructorParameters<typeof AxeBuilder>[0]['page']): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}
