/** Taking a Spark query over: a look that writes nothing, and the settings that point the console at it once a person says so. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../pipeline/clock.ts';
import { SluiceError } from '../pipeline/errors.ts';
import type { QueryName } from '../pipeline/events.ts';
import { inspectTakeOver } from '../pipeline/handover/take-over.ts';
import type { TakeOverView } from '../pipeline/handover/take-over-view.ts';
import { openSource } from '../pipeline/jobs.ts';
import { openStore, type OpenStore } from '../pipeline/store/open.ts';
import { describeLocation, type StoreLocation } from '../pipeline/store/location.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { readHandSettings, type HandSettings } from './hand-settings.ts';
import { openHome, resolveHome } from './home.ts';
import { toCheckpoint, toKafka, toTable } from './servers.ts';

export type { TakeOverView } from '../pipeline/handover/take-over-view.ts';

export interface TakeOverOptions {
  readonly query: QueryName;
  /** Addresses; null: as the environment and `.env` say. */
  readonly checkpoint: string | null;
  readonly table: string | null;
  readonly brokers: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface TakenOver {
  readonly view: TakeOverView;
  readonly settingsFile: string;
  /** The settings file as it was, or null when there was none. */
  readonly before: string | null;
  /** What it says now, beside what it said. */
  readonly set: Readonly<Record<string, string>>;
}

/** Reads the checkpoint, the table and, where a broker is named, the topic. Throws when the checkpoint cannot be reached. */
export async function lookAtTakeOver(options: TakeOverOptions): Promise<TakeOverView> {
  const resolved = settingsOf(options);
  const { cwd, query } = options;
  const opened: OpenStore[] = [];
  const open = async (location: StoreLocation) => {
    const store = await openStore(location, () => undefined);
    opened.push(store);
    return { store, path: describeLocation(location) };
  };
  try {
    const hasTable = query === 'bronze' && resolved.settings['bronze.table'] !== null;
    return await inspectTakeOver({
      query,
      checkpoint: await open(toCheckpoint(resolved, query, cwd)),
      table: hasTable ? await open(toTable(resolved, cwd)) : null,
      source:
        resolved.settings['kafka.brokers'] === null
          ? null
          : (topic) => openSource({ ...toKafka(resolved, cwd), topic }, () => undefined),
      clock: systemClock,
    });
  } finally {
    for (const store of opened) store.close();
  }
}

/**
 * Points the console of the data folder at the checkpoint, from its next start on. Refused while somebody writes, where a
 * start would fail, and, unless a person knows, where nothing tells whether Spark has stopped.
 */
export async function confirmTakeOver(options: TakeOverOptions, sparkIsStopped: boolean): Promise<TakenOver> {
  const view = await lookAtTakeOver(options);
  const reason = whyNot(view, sparkIsStopped);
  if (reason) throw refused(view, reason);
  const { settings } = openHome(resolveHome(options.env));
  const set = newSettings(options, view);
  return { view, settingsFile: settings, before: changeSettings(settings, set), set };
}

/** Sets values in a settings file. Returns where the file as it was is kept, or null when there was none. */
export function changeSettings(file: string, set: Readonly<Record<string, string>>): string | null {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
  const kept = before === null ? {} : (JSON.parse(before) as Record<string, unknown>);
  if (before !== null) writeFileAtomic(beside(file), before);
  writeFileAtomic(file, `${JSON.stringify({ ...kept, ...set }, null, 2)}\n`);
  return before === null ? null : beside(file);
}

function settingsOf({ query, checkpoint, table, brokers, env, cwd }: TakeOverOptions): HandSettings {
  const flags = {
    ...(checkpoint !== null && { [`${query}.checkpoint`]: checkpoint }),
    ...(table !== null && { 'bronze.table': table }),
    ...(brokers !== null && { 'kafka.brokers': brokers }),
  };
  return readHandSettings(env, cwd, flags);
}

/** Why it cannot be taken over, or null. */
export function whyNot({ writer, decision, checkpoint }: TakeOverView, sparkIsStopped: boolean): string | null {
  if (!checkpoint.exists) return 'there is no checkpoint';
  if (decision === null) return 'the checkpoint cannot be read';
  if (decision.do === 'fail') return `${decision.code}: ${decision.seen}`;
  if (writer.verdict === 'lives') return writer.why;
  return writer.verdict === 'perhaps' && !sparkIsStopped ? writer.why : null;
}

/** Paths are made whole: the console may be started elsewhere. Secrets stay where they are. */
function newSettings(options: TakeOverOptions, view: TakeOverView): Record<string, string> {
  const { settings } = settingsOf(options);
  return {
    stack: 'external',
    [`${view.query}.checkpoint`]: view.checkpoint.path,
    ...(view.table && { 'bronze.table': view.table.path }),
    ...(view.topic !== null && { 'kafka.topic': view.topic }),
    ...(settings['kafka.brokers'] !== null && { 'kafka.brokers': settings['kafka.brokers'] }),
    ...(settings['s3.endpoint'] !== null && { 's3.endpoint': settings['s3.endpoint'] }),
    ...(view.query === 'alert' && { 'alert.engine': 'sluice' }),
  };
}

const beside = (file: string): string => path.join(path.dirname(file), 'settings.before-take-over.json');

export function refused({ checkpoint, writer }: TakeOverView, seen: string): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Taking over ${checkpoint.path}`,
    seen: seen.replace(/\.$/, ''),
    expected: 'a checkpoint that Sluice can go on from, and that nobody writes any more',
    action: ACTIONS[writer.verdict],
  });
}

const ACTIONS = {
  lives:
    'Stop the Spark program (SIGTERM or Ctrl-C), then look again. One that takes no lease must have been silent for two minutes.',
  perhaps: 'Make sure that the Spark program has stopped, then say so (--spark-is-stopped).',
  gone: 'Put that right first, then look again.',
} as const;
