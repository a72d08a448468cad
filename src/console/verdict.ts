/** The verdict on a query, in words. Pure. The rules for lag are Burrow's, over windows that fit the trigger. */
import type { LagView, QueryView, RunnerView, Verdict } from './contract.ts';
import type { RunView } from './supervisor.ts';
import { count, duration, rate, title } from './words.ts';

export type Judgement = Pick<QueryView, 'verdict' | 'headline' | 'detail'>;

const SAMPLES = 10;
const MIN_SLOT_MS = 1_000;

/** Who else has to do with a query. `freed`: it failed because of an owner that has gone since. */
export interface Others {
  readonly runner: RunnerView | null;
  readonly freed: boolean;
}

/** What to think of a query right now. `lag` is null while it is not known. */
export function judge(
  run: RunView,
  triggerMs: number,
  lag: LagView | null,
  now: number,
  { runner, freed }: Others = { runner: null, freed: false },
): Judgement {
  const name = title(run.name);
  if (freed) return say('STOPPED', `${name} is free again.`, `${waits(lag)} ${GOES_ON}`);
  if (runner && isAtRest(run)) return elsewhere(name, runner, run, triggerMs, lag);
  switch (run.state) {
    case 'STARTING':
      return say('WAITING', `${name} is starting.`, 'It settles its last batch first, then reads on.');
    case 'STOPPING':
      return say('WAITING', `${name} is stopping.`, 'It finishes the batch that it is in.');
    case 'RESTARTING':
      return run.error
        ? waitsForRetry(name, run, now)
        : say('WAITING', `${name} is restarting.`, 'It finishes its batch, then starts again.');
    case 'STOPPED':
      return say('STOPPED', `${name} is stopped.`, `${waits(lag)} ${GOES_ON}`);
    case 'FAILED':
      return failed(name, run);
    case 'RUNNING':
      return running(name, run, triggerMs, lag);
  }
}

/** Since when nothing was read although records wait, or null. */
export function stalledFor(lag: LagView, triggerMs: number): number | null {
  const points = lag.history;
  const moved = (point: (typeof points)[number]) => point.lag === null || point.lag === 0 || point.consumed !== 0;
  const lastMove = points.reduce((last, point, index) => (moved(point) ? index : last), -1);
  // The last point that moved is where standing still began; without one the whole history stands still.
  const from = points[Math.max(0, lastMove)];
  const to = points.at(-1);
  if (from === undefined || to === undefined || lastMove === points.length - 1) return null;
  const still = to.at - from.at;
  return still >= Math.max(SAMPLES * MIN_SLOT_MS, 3 * triggerMs) ? still : null;
}

/** From how many to how many records the lag grew over ten triggers without ever shrinking, or null. */
export function growth(
  lag: LagView,
  triggerMs: number,
): { readonly from: number; readonly to: number; readonly ms: number } | null {
  const slotMs = Math.max(MIN_SLOT_MS, triggerMs);
  const lows = lowPerSlot(lag, slotMs).slice(-SAMPLES);
  const from = lows[0];
  const to = lows.at(-1);
  if (lows.length < SAMPLES || from === undefined || to === undefined || to <= from) return null;
  const shrank = lows.some((low, index) => index > 0 && low < (lows[index - 1] ?? 0));
  return shrank ? null : { from, to, ms: (SAMPLES - 1) * slotMs };
}

/** Lag rises between two batches and falls with each: only the lowest value of a trigger tells a trend. */
function lowPerSlot(lag: LagView, slotMs: number): number[] {
  const lows = new Map<number, number>();
  for (const point of lag.history) {
    if (point.lag === null) lows.clear();
    else {
      const slot = Math.floor((lag.at - point.at) / slotMs);
      lows.set(slot, Math.min(lows.get(slot) ?? Infinity, point.lag));
    }
  }
  return [...lows].sort(([a], [b]) => b - a).map(([, low]) => low);
}

function running(name: string, run: RunView, triggerMs: number, lag: LagView | null): Judgement {
  if (lag === null) return say('WAITING', `${name} runs.`, 'Its lag is not known yet.');
  const gone = lag.partitions.reduce((sum, each) => sum + lostRecords(each), 0);
  if (gone > 0)
    return say(
      'FAILED',
      `${count(gone, 'record')} of ${name} are gone.`,
      'Retention removed them before they were read.',
    );
  if (lag.partitions.every((each) => each.end === '0'))
    return say('WAITING', `${name} waits for the first record.`, 'The topic is empty.');
  const still = stalledFor(lag, triggerMs);
  if (still !== null)
    return say('STALLED', `${name} does not move.`, `${waits(lag)} None was read for ${duration(still)}.`);
  const grown = growth(lag, triggerMs);
  if (grown !== null) return say('WARN', `${name} is falling behind.`, growthWords(grown, lag));
  const backlog = lag.drainSeconds !== null && lag.drainSeconds > 60;
  const headline = backlog ? `${name} is catching up.` : `${name} keeps up.`;
  const left = backlog ? ` About ${duration((lag.drainSeconds ?? 0) * 1_000)} to go.` : '';
  return say('OK', headline, `${waits(lag)}${left}${lastBatch(run, triggerMs)}`);
}

/** Neither changing nor failed of something else than its owner. */
function isAtRest({ state, error }: RunView): boolean {
  return state === 'RUNNING' || state === 'STOPPED' || error?.code === 'FENCED';
}

/** Its lag is known here as well: the offsets stand in the checkpoint. */
function elsewhere(
  name: string,
  { engine, owner, drains }: RunnerView,
  run: RunView,
  triggerMs: number,
  lag: LagView | null,
): Judgement {
  if (engine === 'sluice') return run.error ? failed(name, run) : say('WARN', anotherRuns(name), waits(lag));
  if (drains && run.state === 'RUNNING' && owner === null)
    return say(
      'STOPPED',
      `Nobody runs ${name}: it is left to Spark.`,
      `${waits(lag)} Start its program there, or take over. ${DRAINS}`,
    );
  const { verdict, headline, detail } = pace(name, run, triggerMs, lag);
  const told = `${headline} ${detail}`;
  if (run.name === 'bronze') return say(verdict, `Spark runs ${name}.`, told);
  if (drains && run.state === 'RUNNING') return say(verdict, `Spark runs ${name}.`, `${told} ${DRAINS}`);
  const worse = verdict === 'OK' || verdict === 'WAITING' ? 'WARN' : verdict;
  return say(worse, `Spark runs ${name}; its alerts are not sent from here.`, told);
}

/** As of a query that runs here, whose newest batches of its own say nothing any more. */
const pace = (name: string, run: RunView, triggerMs: number, lag: LagView | null): Judgement =>
  running(name, { ...run, batches: [] }, triggerMs, lag);

const DRAINS = 'What waits is scored here, and alerts are sent from here.';
const anotherRuns = (name: string): string => `Another console runs ${name}.`;
const GOES_ON = 'Start goes on after the last committed batch.';

function growthWords(grown: { readonly from: number; readonly to: number; readonly ms: number }, lag: LagView): string {
  const span = `Lag grew from ${grown.from.toLocaleString('en-US')} to ${count(grown.to, 'record')} in ${duration(grown.ms)}`;
  return `${span}: ${rate(lag.produced)} come in and ${rate(lag.consumed)} are read a second. Nothing is lost.`;
}

function waitsForRetry(name: string, run: RunView, now: number): Judgement {
  const left = duration(Math.max(0, (run.nextAttemptAt ?? now) - now));
  return say(
    'WARN',
    `${name} starts again in ${left}.`,
    `${run.error?.message ?? ''}. Attempt ${run.attempts + 1} follows by itself; nothing is lost.`,
  );
}

function failed(name: string, run: RunView): Judgement {
  if (run.error === null) return say('FAILED', `${name} failed.`, 'Look at the log.');
  const detail = `${run.error.message}. ${run.error.action}`;
  // Nothing is wrong with the query: it runs elsewhere, and this console watches.
  if (run.error.code === 'FENCED') return say('WARN', anotherRuns(name), detail);
  return say('FAILED', `${name} failed: ${run.error.code}.`, detail);
}

function waits(lag: LagView | null): string {
  if (lag === null) return '';
  if (lag.total === 0) return 'Nothing waits.';
  const age = lag.oldestMs === null ? '' : `, the oldest for ${duration(lag.oldestMs)}`;
  return `${count(lag.total, 'record')} ${lag.total === 1 ? 'waits' : 'wait'}${age}.`;
}

function lastBatch(run: RunView, triggerMs: number): string {
  const batch = run.batches[0];
  if (batch === undefined) return '';
  const of = triggerMs > 0 ? ` of its ${duration(triggerMs)}` : '';
  return ` Batch ${batch.batchId} took ${duration(batch.batchDuration)}${of}.`;
}

function lostRecords(each: LagView['partitions'][number]): number {
  return each.current === null ? 0 : Math.max(0, Number(each.logStart) - Number(each.current));
}

const say = (verdict: Verdict, headline: string, detail: string): Judgement => ({
  verdict,
  headline,
  detail: detail.trim(),
});
