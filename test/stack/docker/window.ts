/** The docker stack as a person sees and commands it in the window. */
import { expect } from 'vitest';
import type { TestApp } from '../../e2e/support/app.ts';
import { goTo, waitFor } from '../../e2e/support/tour.ts';
import type { Flow } from './flow.ts';
import type { SlackReceiver } from './slack-receiver.ts';

const PATIENCE = { timeout: 120_000 };
const SERVICES = ['postgres', 'kafka', 'debezium-connect', 'minio', 'fraud-api'];
const FRAUDS = 10;

/** Waits until all of the stack is healthy, then restarts one service by its button. */
export async function restartFromWindow({ page, picture }: TestApp, service: string): Promise<void> {
  await waitFor(page, 'both queries to run', ({ queries }) =>
    [queries.bronze, queries.alert].every(({ state }) => state === 'RUNNING'),
  );
  await goTo(page, 'Stack');
  const healthy = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} HEALTHY`) });
  for (const name of SERVICES) await healthy(name).waitFor(PATIENCE);
  await picture('stack');
  await page.getByRole('button', { name: `Restart ${service}` }).click(PATIENCE);
  await page.getByText(`${service} is restarted.`).waitFor(PATIENCE);
  await healthy(service).waitFor(PATIENCE);
}

export interface SentFraud {
  readonly transNum: string;
  /** From the commit in PostgreSQL to the message at Slack, ms. */
  readonly took: number;
}

/** One after the other, each once the one before has been told. */
export async function sendFrauds(flow: Flow, slack: SlackReceiver): Promise<readonly SentFraud[]> {
  const sent: SentFraud[] = [];
  while (sent.length < FRAUDS) {
    const { transNum, at } = await flow.insert('suspicious');
    const isTold = (): boolean => slack.bodies.some((body) => body.includes(transNum));
    await expect.poll(isTold, { ...PATIENCE, interval: 20 }).toBe(true);
    sent.push({ transNum, took: Date.now() - at });
  }
  return sent;
}

export function describeTimes(frauds: readonly SentFraud[]): string {
  const times = frauds.map(({ took }) => took).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, ${times.length} frauds`;
}

/** Its change event, its file in the bucket, its score and its message, in the feed. */
export async function followFraud({ page, picture }: TestApp, transNum: string): Promise<void> {
  await goTo(page, 'Fraud feed');
  await page.locator(`tr[data-key="${transNum}"]`).click(PATIENCE);
  const trace = page.getByRole('region', { name: 'Trace' });
  await trace.getByText(/^p\d offset [\d,]+ · created$/).waitFor(PATIENCE);
  await trace.getByText(/^year=\d+\/month=\d+\/day=\d+\/part-.*\.parquet$/).waitFor(PATIENCE);
  await trace.getByText('SENT', { exact: true }).waitFor(PATIENCE);
  await picture('trace');
}
