/** Makes checks: side by side, a few at a time, each with a deadline. Never throws. */
import { SluiceError, toErrorView } from '../../pipeline/errors.ts';
import type { Check } from './check.ts';
import type { Instruments } from './instruments.ts';
import { byHand } from './check.ts';
import type { CheckId, CheckState, CheckView, Finding, FixResult } from './report.ts';

export interface RunnerLimits {
  /** How many checks are under way at once. */
  readonly atOnce: number;
  /** Of one check. */
  readonly deadlineMs: number;
}

export const RUNNER_LIMITS: RunnerLimits = { atOnce: 6, deadlineMs: 15_000 };

/** The views in the order of the plan. */
export async function runChecks(
  plan: readonly Check[],
  tools: Instruments,
  limits: RunnerLimits = RUNNER_LIMITS,
): Promise<CheckView[]> {
  const under = new Map<CheckId, Promise<CheckView>>();
  const room = newRoom(limits.atOnce);
  const begin = (check: Check): Promise<CheckView> => {
    const known = under.get(check.id);
    if (known) return known;
    const view = (async () => {
      if (check.skip !== null) return skipped(check, check.skip);
      const missing = await firstMissing(check, plan, begin);
      return missing === null ? room(() => runOne(check, tools, limits.deadlineMs)) : skipped(check, missing);
    })();
    under.set(check.id, view);
    return view;
  };
  return Promise.all(plan.map(begin));
}

/**
 * Looks again, does what the finding promises, and looks once more.
 * @param will what the person has been shown; anything else is refused
 */
export async function runFix(check: Check, will: readonly string[], tools: Instruments): Promise<FixResult> {
  const before = await runOne(check, tools, RUNNER_LIMITS.deadlineMs);
  const action = before.fix?.action ?? null;
  if (before.state === 'passed') return { did: [], check: before };
  if (action === null || !check.repair) throw notFixable(check, before);
  if (JSON.stringify(action.will) !== JSON.stringify(will)) throw otherwise(check, action.will);
  await check.repair(tools);
  return { did: action.will, check: await runOne(check, tools, RUNNER_LIMITS.deadlineMs) };
}

async function firstMissing(
  { needs }: Check,
  plan: readonly Check[],
  begin: (check: Check) => Promise<CheckView>,
): Promise<string | null> {
  for (const id of needs) {
    const needed = plan.find((each) => each.id === id);
    if (!needed) continue;
    const { state, title } = await begin(needed);
    if (state === 'failed' || state === 'skipped') return `it needs "${title}", which ${WHY[state]}`;
  }
  return null;
}

const WHY = { failed: 'failed', skipped: 'was skipped' } as const;

async function runOne(check: Check, tools: Instruments, deadlineMs: number): Promise<CheckView> {
  if (check.skip !== null) return skipped(check, check.skip);
  const began = performance.now();
  const finding = await inTime(check, tools, deadlineMs).catch((error: unknown) => thrown(error));
  return { ...describe(check, finding.state), ...finding, tookMs: Math.round(performance.now() - began) };
}

async function inTime(check: Check, tools: Instruments, deadlineMs: number): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(tooLate(deadlineMs)), deadlineMs);
  });
  const look = check.look(tools);
  // What comes after the deadline interests nobody, an error least of all.
  look.catch(() => undefined);
  try {
    return await Promise.race([look, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(ms: number): Finding {
  const fix = byHand('Something between here and there is silent: look at the network and at the server’s own log.');
  return { state: 'failed', seen: `no answer within ${ms / 1_000} s`, expected: 'an answer', fix };
}

function thrown(error: unknown): Finding {
  const { seen, expected, action } = toErrorView(error, 'Checking');
  return { state: 'failed', seen, expected, fix: byHand(action) };
}

const describe = ({ id, group, title, looked }: Check, state: CheckState) => ({ id, group, title, looked, state });

function skipped(check: Check, reason: string): CheckView {
  return { ...describe(check, 'skipped'), seen: reason, expected: '', fix: null, tookMs: 0 };
}

/** At most so many at once; the others wait in line. */
function newRoom(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    if (inside >= size) await new Promise<void>((resolve) => waiting.push(resolve));
    else inside += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside -= 1;
    }
  };
}

function notFixable({ title }: Check, { seen, fix }: CheckView): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Repairing "${title}"`,
    seen: `${seen}, for which there is nothing that Sluice can do itself`,
    expected: 'a finding with a fix that can be applied',
    action: fix?.text ?? 'Make the check again.',
  });
}

function otherwise({ title }: Check, will: readonly string[]): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Repairing "${title}"`,
    seen: 'things have changed since the fix was shown',
    expected: 'the fix that was shown',
    action: `Look again, and agree to what would be done now: ${will.join('; ')}.`,
  });
}
