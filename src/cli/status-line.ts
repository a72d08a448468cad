import type { Console } from '../console/console.ts';
import type { QueryView, Snapshot } from '../console/contract.ts';
import { count, duration, rate, title } from '../console/words.ts';
import type { Terminal } from './terminal.ts';

/** Keeps one line at the foot of the terminal true. Returns the way to take it away. */
export function showStatusLine(terminal: Terminal, console: Console, durationMs: number | null): () => void {
  let shown: Partial<Snapshot> = {};
  let runningSince: number | null = null;
  const stop = console.subscribe((event) => {
    if (event.type === 'parts') shown = { ...shown, ...event.parts };
  });
  void console.waitUntilRunning().then(
    () => (runningSince = Date.now()),
    () => undefined,
  );
  const timer = setInterval(() => {
    const left = durationMs === null || runningSince === null ? null : runningSince + durationMs - Date.now();
    terminal.status(statusLine(shown, left));
  }, 1_000);
  return () => {
    clearInterval(timer);
    stop();
    terminal.status('');
  };
}

/** `Bronze OK 1,204 rows, 12 wait | Alert OK 1,204 predictions, 3 alerts | 25/s in | 41 s left` */
export function statusLine(
  { queries, lag, table, totals, producer }: Partial<Snapshot>,
  leftMs: number | null,
): string {
  if (queries === undefined) return 'Starting';
  const parts = [
    `${word(queries.bronze)}${table ? ` ${count(table.rows, 'row')}` : ''}${waiting(lag?.bronze?.total)}`,
    `${word(queries.alert)}${totals ? ` ${count(totals.predictions, 'prediction')}, ${count(totals.deliveries.sent, 'alert')}` : ''}${waiting(lag?.alert?.total)}`,
  ];
  if (producer?.running) parts.push(`${rate(producer.rowsPerSecond)}/s in`);
  if (leftMs !== null) parts.push(leftMs > 0 ? `${duration(leftMs)} left` : 'draining');
  return parts.join(' | ');
}

const word = ({ name, verdict }: QueryView): string => `${title(name)} ${verdict}`;
const waiting = (lag: number | undefined): string => (lag ? `, ${lag.toLocaleString('en-US')} wait` : '');
