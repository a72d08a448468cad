/**
 * Steps at which a test can make a query die, fail or wait. Armed by `SLUICE_FAILPOINTS`, never in what is shipped: the
 * build takes every call and this file out (`scripts/lib/failpoints.mjs`). Other code only calls `await failpoint('b4');`
 * as a statement of its own.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { SluiceError } from './errors.ts';

/** `b…` are steps of a batch of Bronze, `a…` of Alert. What each one stands for: `docs/decisions/failpoints.md`. */
export type FailpointName = `b${number}` | `a${number}`;

/** Every object passes it while a store writes it and nobody can see it yet; its key tells which failpoint that is. */
export type StoreStep = 'writing';

/**
 * `kill`: SIGKILL for the whole process; `freeze`: SIGSTOP, until somebody sends SIGCONT. `terminate`: the thread ends at once. `throw`: an error that ends the query.
 * `lose`: an error that may pass, as when the answer to a request that was carried out gets lost. `delay`: goes on
 * later. `hang`: never goes on. `pause`: goes on once `<name>.go` lies in the folder of the plan.
 */
export type FailpointAction = 'kill' | 'freeze' | 'terminate' | 'throw' | 'lose' | 'delay' | 'hang' | 'pause';

export interface Shot {
  readonly name: FailpointName;
  readonly action: FailpointAction;
  /** For `delay` how long it takes; for the others how long they wait before they act, ms. */
  readonly ms: number;
  /** Acts when the step is reached for the nth time; counted from 1. */
  readonly pass: number;
}

export interface FailpointPlan {
  readonly shots: readonly Shot[];
  /** `<name>@<pass>.fired` is written here before a shot acts; one that lies here already does not act again. */
  readonly folder: string | null;
  /** What `kill` and `terminate` do; a simulation brings its own. */
  readonly die?: (action: 'kill' | 'terminate') => Promise<never>;
}

/** Names of the environment that a thread must see as well. */
export const TEST_ENV: readonly string[] = ['SLUICE_FAILPOINTS', 'SLUICE_FAILPOINTS_DIR'];

const OBJECTS: readonly (readonly [FailpointName, RegExp])[] = [
  ['b2', /^offsets\/\d+$/],
  ['b7', /^_delta_log\/\d+\.json$/],
  ['b9', /^commits\/\d+$/],
  ['b11', /^_delta_log\/.*checkpoint.*\.parquet$/],
  ['b5', /^(?!_delta_log\/|dead-letters\/|notes\/).*\.parquet$/],
];
const POLL_MS = 20;

let plan: FailpointPlan | null = planOf(process.env);
let passes = new Map<FailpointName, number>();

/** Reached by the code under test. Without a plan it costs nothing. */
export async function failpoint(step: FailpointName | StoreStep, key = ''): Promise<void> {
  if (!plan) return;
  const name = step === 'writing' ? OBJECTS.find(([, pattern]) => pattern.test(key))?.[0] : step;
  if (!name) return;
  const pass = (passes.get(name) ?? 0) + 1;
  passes.set(name, pass);
  const shot = plan.shots.find((each) => each.name === name && each.pass === pass);
  if (shot && claim(shot, plan.folder)) await act(shot, plan);
}

/** Arms this thread, in place of what its environment said; null disarms it. Counting begins anew. */
export function armFailpoints(next: FailpointPlan | null): void {
  plan = next;
  passes = new Map();
}

/** How often a step was reached since the thread was armed. */
export const passesOf = (name: FailpointName): number => passes.get(name) ?? 0;

/** `b5=kill@2,b3=delay:500`: name, action, ms after a colon, pass after an at sign. Throws for anything else. */
export function parseFailpoints(text: string): Shot[] {
  return text.split(',').map((each) => {
    const match = /^([ab]\d+)=(kill|freeze|terminate|throw|lose|delay|hang|pause)(?::(\d+))?(?:@(\d+))?$/.exec(
      each.trim(),
    );
    if (!match) throw new Error(`SLUICE_FAILPOINTS: ${JSON.stringify(each)} is not like b5=kill@2`);
    const [, name, action, ms = '0', pass = '1'] = match;
    return { name: name as FailpointName, action: action as FailpointAction, ms: Number(ms), pass: Number(pass) };
  });
}

function planOf(env: NodeJS.ProcessEnv): FailpointPlan | null {
  const text = env['SLUICE_FAILPOINTS'];
  return text ? { shots: parseFailpoints(text), folder: env['SLUICE_FAILPOINTS_DIR'] ?? null } : null;
}

/** A thread that is started again after a shot must not meet the same one. */
function claim({ name, pass }: Shot, folder: string | null): boolean {
  if (folder === null) return true;
  const mark = path.join(folder, `${name}@${pass}.fired`);
  if (existsSync(mark)) return false;
  mkdirSync(folder, { recursive: true });
  writeFileSync(mark, '');
  return true;
}

async function act(shot: Shot, { folder, die }: FailpointPlan): Promise<void> {
  if (shot.ms > 0) await sleep(shot.ms);
  switch (shot.action) {
    case 'kill':
    case 'terminate':
      return (die ?? dieForReal)(shot.action);
    case 'freeze':
      return void process.kill(process.pid, 'SIGSTOP');
    case 'throw':
      throw new Error(`failpoint ${shot.name}`);
    case 'lose':
      throw lost(shot.name);
    case 'delay':
      return;
    case 'hang':
      return never();
    case 'pause':
      while (!existsSync(path.join(folder ?? '', `${shot.name}.go`))) await sleep(POLL_MS);
  }
}

function dieForReal(action: 'kill' | 'terminate'): Promise<never> {
  if (action === 'kill' || isMainThread) process.kill(process.pid, 'SIGKILL');
  else process.exit(1);
  return never();
}

/** The timer keeps the thread: without anything to wait for it would end by itself. */
function never(): Promise<never> {
  return new Promise(() => void setInterval(() => undefined, 60_000));
}

function lost(name: FailpointName): SluiceError {
  return new SluiceError('STORE_UNAVAILABLE', {
    tried: `Passing the failpoint ${name}`,
    seen: 'the answer was lost',
    expected: 'an answer',
    action: 'None: a test armed it.',
    retryable: true,
  });
}
