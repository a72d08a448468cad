/** `sluice run bronze`: one query against Kafka and a lakehouse that exist already, until it is done or asked to stop. */
import { runByHand, type HandRunOptions, type HandRunSummary } from '../console/console.ts';
import { toErrorView } from '../console/contract.ts';
import { count, duration } from '../console/words.ts';
import { formatLogLine } from '../pipeline/events.ts';
import { startFailure, tellError } from './errors.ts';
import type { Installation } from './installation.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface RunQueryOptions {
  readonly runs: HandRunOptions['runs'];
  readonly json: boolean;
}

export async function runQuery(
  terminal: Terminal,
  { workerFile }: Installation,
  { runs, json }: RunQueryOptions,
): Promise<number> {
  const print = json ? terminal.err : terminal.out;
  const options = { runs, workerFile, env: terminal.env, cwd: terminal.cwd };
  try {
    const onLog: HandRunOptions['onLog'] = (line) => print(formatLogLine(line));
    const summary = await runByHand({ ...options, onLog }, terminal.interrupted);
    if (json) terminal.out(JSON.stringify(summary));
    else summaryLines(summary).forEach(terminal.out);
    return exitCode(summary);
  } catch (error) {
    tellError(terminal, error);
    if (json) terminal.out(JSON.stringify({ query: 'bronze', result: 'failed', error: toErrorView(error) }));
    return startFailure(error);
  }
}

function exitCode({ error }: HandRunSummary): number {
  if (error === null) return EXIT.well;
  if (error.code === 'FENCED') return EXIT.ownedByOther;
  return error.code === 'SETTINGS_INVALID' ? EXIT.usage : EXIT.queryFailed;
}

function summaryLines(summary: HandRunSummary): string[] {
  const { result, rows, batches, deadLetters, seconds, deltaVersion, table, checkpoint, error } = summary;
  const ended = { done: 'Read all that was there', stopped: 'Stopped', failed: 'Failed' }[result];
  const version = deltaVersion === null ? 'no commit' : `Delta version ${deltaVersion}`;
  const did = `${count(rows, 'row')} in ${batches} ${batches === 1 ? 'batch' : 'batches'}, ${count(deadLetters, 'dead letter')}, ${version}`;
  return [
    `${ended} after ${duration(seconds * 1_000)}: ${did}`,
    `  table      ${table}`,
    `  checkpoint ${checkpoint}`,
    ...(error ? [`${error.code}: ${error.message}. ${error.action}`] : []),
  ];
}
