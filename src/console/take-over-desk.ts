/** Taking a query of this console's own stack over from a Spark cluster, and handing it over: first the plan, then what the plan said. */
import { SluiceError, toErrorView } from '../pipeline/errors.ts';
import type { LogLevel, QueryName } from '../pipeline/events.ts';
import type { TakeOverView } from '../pipeline/handover/take-over-view.ts';
import type { HandOverPlan, TakeOverPlan } from './contract.ts';
import type { Ground } from './ground.ts';
import type { HandOverParts } from './hand-over.ts';
import { isIdle } from './runner.ts';
import type { Settings } from './settings.ts';
import type { RunView } from './supervisor.ts';
import { changeSettings, refused, whyNot } from './take-over.ts';
import { count, title } from './words.ts';

export interface TakeOverDesk {
  plan(query: QueryName): Promise<TakeOverPlan>;
  /** Refused where the plan says so, and where the newest confirmed batch is not the one that was shown. */
  takeOver(query: QueryName, said: Said): Promise<TakeOverPlan>;
  /** What to do and to run where Spark is to have it. */
  handOver(query: QueryName): HandOverPlan;
  /** Alert only sends from now on. Refused where the plan does not offer it. */
  leave(): void;
}

/** What the person has seen and knows. */
export interface Said {
  readonly lastCommit: number | null;
  readonly sparkIsStopped: boolean;
}

export interface TakeOverDeskParts {
  readonly look: (query: QueryName) => Promise<TakeOverView>;
  readonly run: (query: QueryName) => RunView;
  readonly engine: AlertEngine;
  readonly handOver: (query: QueryName, now: Pick<HandOverParts, 'runsHere' | 'leaves'>) => HandOverPlan;
  /** Starts the query, or starts it again where it only sends. */
  readonly begin: (query: QueryName) => void;
  readonly say: (level: LogLevel, message: string) => void;
}

/** Who runs Alert, as a setting that can be changed. */
export interface AlertEngine {
  current(): Settings['alert.engine'];
  /** Where it is set, in words, when that is nothing that this console can change; else null. */
  readonly fixedBy: string | null;
  /** Who does from now on, in the settings file too. */
  set(engine: Settings['alert.engine']): void;
}

export function readEngine({ settings, origins, where, paths }: EngineGround): AlertEngine {
  const name = 'alert.engine';
  let current = settings[name];
  return {
    current: () => current,
    fixedBy: origins[name] === 'settings.json' || origins[name] === 'default' ? null : where(name),
    set: (engine) => {
      changeSettings(paths.settings, { [name]: engine });
      current = engine;
    },
  };
}

type EngineGround = Pick<Ground, 'settings' | 'origins' | 'where' | 'paths'>;

/** True for a query that is left to Spark: here only what waits is scored and sent. */
export const drains = (query: QueryName, engine: AlertEngine): boolean =>
  query === 'alert' && engine.current() === 'spark';

export function openTakeOverDesk(parts: TakeOverDeskParts): TakeOverDesk {
  const { look, run, engine, begin, say } = parts;

  async function judged(query: QueryName): Promise<{ plan: TakeOverPlan; refusal: SluiceError | null }> {
    const view = await look(query);
    const leftToSpark = drains(query, engine);
    const refusal = refusalOf(view, run(query), leftToSpark ? engine : null);
    const asksWhetherStopped = view.writer.verdict === 'perhaps';
    const does = refusal ? [] : sentences(view, leftToSpark);
    const plan = { at: Date.now(), view, refusal: refusal && toErrorView(refusal), asksWhetherStopped, does };
    return { plan, refusal };
  }

  async function takeOver(query: QueryName, { lastCommit, sparkIsStopped }: Said): Promise<TakeOverPlan> {
    const { plan, refusal } = await judged(query);
    const { view, asksWhetherStopped } = plan;
    if (refusal) throw refusal;
    if (asksWhetherStopped && !sparkIsStopped) throw refused(view, view.writer.why);
    if (view.checkpoint.lastCommit !== lastCommit) throw hasMoved(view, lastCommit);
    if (drains(query, engine)) engine.set('sluice');
    say('info', `${title(query)} is taken over from Spark behind batch ${lastCommit ?? 'none'}`);
    begin(query);
    return plan;
  }

  function handOver(query: QueryName): HandOverPlan {
    const leftToSpark = drains(query, engine);
    const leaves = query === 'alert' && !leftToSpark && engine.fixedBy === null;
    return parts.handOver(query, { runsHere: !leftToSpark && !isIdle(run(query)), leaves });
  }

  function leave(): void {
    if (!handOver('alert').leaves) throw cannotLeave(handOver('alert'), engine);
    engine.set('spark');
    say('info', 'Alert is left to Spark: from here what waits is scored, and alerts are sent');
    begin('alert');
  }

  return { plan: async (query) => (await judged(query)).plan, takeOver, handOver, leave };
}

function refusalOf(view: TakeOverView, { state }: RunView, drain: AlertEngine | null): SluiceError | null {
  if (drain === null && !isIdle({ state })) return runsHere(view, state);
  // Where nobody has run it yet, there is nothing in the way: it begins as a new query.
  const reason = view.checkpoint.exists ? whyNot(view, true) : null;
  if (reason !== null) return refused(view, reason);
  return drain?.fixedBy != null ? isFixed(view, drain.fixedBy) : null;
}

function sentences({ query, decision, next, readAgain }: TakeOverView, leftToSpark: boolean): string[] {
  const name = title(query);
  const confirmed = decision?.do === 'resume' ? decision.confirm : [];
  return [
    ...(leftToSpark ? ['alert.engine becomes sluice in settings.json; the file as it was is kept beside it.'] : []),
    ...confirmed.map((batch) => `Batch ${batch} is in the table already: it is confirmed, and not run again.`),
    ...nextWords(name, next),
    ...readAgainWords(readAgain),
    'Nothing is converted or moved: checkpoint, table and query id stay as they are, and Spark can take them over again.',
  ];
}

function nextWords(name: string, next: TakeOverView['next']): string[] {
  if (next === null) return [`There is no batch yet: ${name} begins as a new query.`];
  const { batch, again } = next;
  if (again)
    return [`${name} runs batch ${batch} once more, over the same offsets: it is promised, and not in the table.`];
  if (batch === 0)
    return [`There is no batch yet: ${name} runs the first one, from the offsets that the checkpoint holds.`];
  return [`${name} goes on with batch ${batch}, where the one before ended. No record is lost or doubled.`];
}

function readAgainWords(readAgain: TakeOverView['readAgain']): string[] {
  if (readAgain === null || readAgain.batches === 0) return [];
  const { records, batches, gone } = readAgain;
  const lost = gone.reduce((sum, { from, to }) => sum + Number(BigInt(to) - BigInt(from)), 0);
  const of = `${count(records, 'record')} of ${count(batches, 'batch', 'batches')}`;
  return [
    `Beside its batches it reads ${of} again, for the dead letters and notes that Spark does not write.`,
    ...(lost === 0
      ? []
      : [
          `${count(lost, 'record')} of them are gone from the topic: their rows are in the table, and they are marked as unaudited in the quarantine.`,
        ]),
  ];
}

function runsHere({ query, checkpoint }: TakeOverView, state: string): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Taking over ${checkpoint.path}`,
    seen: `${title(query)} is ${state} in this console`,
    expected: 'a query that this console does not run',
    action: 'There is nothing to take over.',
  });
}

function isFixed({ checkpoint }: TakeOverView, where: string): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Taking over ${checkpoint.path}`,
    seen: `Alert is left to Spark by ${where}, which this console cannot change`,
    expected: 'alert.engine in settings.json, or not set',
    action: 'Take it away there, or say sluice, and start this console again: it then runs Alert.',
  });
}

function cannotLeave({ obstacle }: HandOverPlan, { current, fixedBy }: AlertEngine): SluiceError {
  const why = current() === 'spark' ? 'it is left to Spark already' : `${fixedBy} decides who runs it`;
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Leaving Alert to Spark',
    seen: obstacle ?? why,
    expected: 'a query that Spark can run, and a setting that this console may change',
    action: 'Nothing was changed.',
  });
}

function hasMoved({ checkpoint }: TakeOverView, shown: number | null): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Taking over ${checkpoint.path}`,
    seen: `batch ${checkpoint.lastCommit ?? 'none'} is confirmed by now`,
    expected: `batch ${shown ?? 'none'}, as it was shown`,
    action: 'Nothing was changed. Look again: somebody still writes.',
  });
}
