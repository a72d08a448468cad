/** `sluice take-over`: what a checkpoint of Spark's looks like, and pointing the console at it. */
import { confirmTakeOver, lookAtTakeOver, type TakenOver, type TakeOverView } from '../console/console.ts';
import { count, title } from '../console/words.ts';
import type { OffsetMap, QueryName } from '../pipeline/events.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface TakeOverAsked {
  readonly command: 'take-over';
  readonly what: 'inspect' | 'confirm';
  readonly query: QueryName;
  readonly checkpoint: string | null;
  readonly table: string | null;
  readonly brokers: string | null;
  readonly sparkIsStopped: boolean;
  readonly json: boolean;
}

export async function takeOver(terminal: Terminal, asked: TakeOverAsked): Promise<number> {
  const options = { ...asked, env: terminal.env, cwd: terminal.cwd };
  if (asked.what === 'inspect') {
    const view = await lookAtTakeOver(options);
    if (asked.json) terminal.out(JSON.stringify(view));
    else viewLines(view, Date.now()).forEach(terminal.out);
    return view.decision === null || view.decision.do === 'fail' ? EXIT.queryFailed : EXIT.well;
  }
  const taken = await confirmTakeOver(options, asked.sparkIsStopped);
  if (asked.json) terminal.out(JSON.stringify(taken));
  else takenLines(taken).forEach(terminal.out);
  return EXIT.well;
}

export function viewLines(view: TakeOverView, now: number): string[] {
  const { checkpoint, topic, engine, writer, table, next, lag } = view;
  const newest = checkpoint.newestAt === null ? '' : `, newest file ${ago(now - checkpoint.newestAt)}`;
  const waiting = (lag ?? []).reduce((sum, each) => sum + each.lag, 0);
  return [
    `${title(view.query)}, nothing was written by looking`,
    line('Checkpoint', checkpoint.path),
    line('Query', `${checkpoint.queryId ?? 'none'}, topic ${topic ?? 'unknown'}, made by ${engine ?? 'nobody yet'}`),
    line(
      'Batches',
      `promised up to ${checkpoint.lastOffsets ?? '-'}, confirmed up to ${checkpoint.lastCommit ?? '-'}${newest}`,
    ),
    line(
      'Writer',
      `${{ lives: 'somebody writes', perhaps: 'not known', gone: 'nobody' }[writer.verdict]}: ${writer.why}`,
    ),
    ...(table ? [line('Table', tableText(table, checkpoint.lastCommit))] : []),
    ...(next ? [line('Next', nextText(next))] : []),
    ...(lag ? [line('Waiting', `${count(waiting, 'record')} in ${count(lag.length, 'partition')}`)] : []),
    ...readAgainLines(view.readAgain),
    ...view.findings.map((finding) => line('Note', finding)),
    ...view.wayBack.map((step, index) => line(index === 0 ? 'Way back' : '', step)),
  ];
}

function tableText(
  { path, version, txn, unmarkedCommits }: NonNullable<TakeOverView['table']>,
  lastCommit: number | null,
): string {
  if (version === -1) return `${path}: there is none`;
  const unmarked =
    Number.isFinite(unmarkedCommits) && unmarkedCommits > 0 ? `, ${unmarkedCommits} commits without one since` : '';
  const mark =
    txn === null
      ? 'no mark (txn) of this query'
      : `its mark (txn) is at batch ${txn}${txn === lastCommit ? ', as confirmed' : ''}`;
  return `${path}, version ${version}: ${mark}${unmarked}`;
}

function nextText({ batch, again, start, end }: NonNullable<TakeOverView['next']>): string {
  const range =
    end === null ? `from ${offsets(start)} to the end of the topic` : `from ${offsets(start)} to ${offsets(end)}`;
  return `batch ${batch}${again ? ', once more' : ''}: ${range}`;
}

function readAgainLines(readAgain: TakeOverView['readAgain']): string[] {
  if (readAgain === null || readAgain.batches === 0) return [];
  const { batches, records, gone } = readAgain;
  const lost = gone.reduce((sum, { from, to }) => sum + Number(BigInt(to) - BigInt(from)), 0);
  const unaudited = lost === 0 ? '' : `; ${count(lost, 'record')} are gone from the topic and stay unaudited`;
  return [
    line(
      'Read again',
      `${count(records, 'record')} of ${count(batches, 'batch', 'batches')}, for dead letters${unaudited}`,
    ),
  ];
}

function takenLines({ view, settingsFile, before, set }: TakenOver): string[] {
  return [
    `${title(view.query)} is Sluice's from the next start of the console on:`,
    ...Object.entries(set).map(([name, value]) => `  ${name} = ${value}`),
    `Written to ${settingsFile}${before === null ? '' : `; as it was before: ${before}`}.`,
    'Passwords and keys are read from the environment or .env, as before. A console that runs must be started again.',
    ...view.wayBack,
  ];
}

const line = (name: string, text: string): string => `${name.padEnd(11)}${text}`;
const offsets = (map: OffsetMap): string =>
  Object.entries(map)
    .map(([partition, offset]) => `${partition}:${offset}`)
    .join(' ') || 'the start';

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3_600)} h ago`;
}
