/** What both queries have stored and what waits for them, read and never changed. */
import {
  QUERY_NAMES,
  type ClearFrom,
  type ClearPreview,
  type LossView,
  type QueryName,
  type ScoreExplanation,
} from '../pipeline/events.ts';
import type { JobSettings } from '../pipeline/job-settings.ts';
import type { TransactionTrace } from '../pipeline/trace/view.ts';
import type { Underway } from './drain.ts';
import type { Inspector } from './inspector.ts';
import { summarise, type RunSummary } from './summary.ts';
import type { RunView } from './supervisor.ts';

export interface QueryLooks {
  /** What clearing the checkpoint would do. */
  preview(query: QueryName, from: ClearFrom): Promise<ClearPreview>;
  previewLoss(query: QueryName): Promise<LossView>;
  /** What is stored of one transaction, wherever it came. */
  trace(transNum: string): Promise<TransactionTrace>;
  explain(transNum: string): Promise<ScoreExplanation>;
  /** What is still on its way; null when a query does not run and so will not read it. */
  underway(): Promise<Underway | null>;
  summary(seconds: number): Promise<RunSummary>;
}

interface LookParts {
  readonly ask: Inspector['ask'];
  readonly jobOf: (query: QueryName) => JobSettings;
  readonly run: (query: QueryName) => RunView;
}

export function lookAtQueries(parts: LookParts): QueryLooks {
  const { ask, jobOf } = parts;
  return {
    preview: (query, from) => ask('preview-clear', jobOf(query), { from }),
    previewLoss: (query) => ask('preview-loss', jobOf(query)),
    trace: (transNum) => ask('trace', jobOf('alert'), { transNums: [transNum] }),
    explain: (transNum) => ask('explain', jobOf('alert'), { transNums: [transNum] }),
    underway: () => underway(parts),
    summary: (seconds) => summary(parts, seconds),
  };
}

async function underway({ ask, jobOf, run }: LookParts): Promise<Underway | null> {
  const views = QUERY_NAMES.map(run);
  if (views.some(({ state }) => state === 'FAILED' || state === 'STOPPED')) return null;
  const [bronze, alert, totals] = await Promise.all([
    ask('lag', jobOf('bronze')),
    ask('lag', jobOf('alert')),
    ask('totals', jobOf('alert')),
  ]);
  const { pending, sending, ambiguous } = totals.deliveries;
  const unread = [...bronze, ...alert].reduce((sum, { lag }) => sum + lag, 0);
  const end = bronze.reduce((sum, partition) => sum + Number(partition.end), 0);
  return { end, unread, undelivered: pending + sending + ambiguous + totals.pendingRows };
}

async function summary({ ask, jobOf, run }: LookParts, seconds: number): Promise<RunSummary> {
  const [bronze, alert] = [jobOf('bronze'), jobOf('alert')];
  const [table, totals] = await Promise.all([ask('table', bronze), ask('totals', alert)]);
  const checkpoints = { bronze: await ask('inspect', bronze), alert: await ask('inspect', alert) };
  const lag = { bronze: await ask('lag', bronze), alert: await ask('lag', alert) };
  const deadLetters = { bronze: run('bronze').totals.deadLetters, alert: run('alert').totals.deadLetters };
  return summarise({ table, totals, checkpoints, lag, deadLetters, seconds });
}
