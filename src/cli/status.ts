import type { QueryView, Snapshot } from '../console/contract.ts';
import { count, duration, rate } from '../console/words.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `sluice status`: the snapshot in words, or as it is. @param running well only when both queries run */
export function status(terminal: Terminal, json: boolean, running: boolean): Promise<number> {
  return withConsole(terminal, async (console) => {
    const snapshot = await console.call('snapshot', {});
    if (json) terminal.out(JSON.stringify(snapshot));
    else statusLines(snapshot, Date.now()).forEach(terminal.out);
    const idle = running && Object.values(snapshot.queries).some(({ state }) => state !== 'RUNNING');
    return idle ? EXIT.queryFailed : statusCode(snapshot);
  });
}

export function statusCode({ console, queries }: Snapshot): number {
  if (console.stack === 'FAILED') return EXIT.noStack;
  return Object.values(queries).some(({ state }) => state === 'FAILED') ? EXIT.queryFailed : EXIT.well;
}

/** The snapshot as a person reads it. */
export function statusLines(snapshot: Snapshot, now: number): string[] {
  const { console, services, producer, queries, table, totals, notices } = snapshot;
  const up = duration(now - console.startedAt);
  const lines = [
    `Sluice ${console.version} on ${console.runtime}, process ${console.pid}, up ${up}, data in ${console.home}`,
    `Stack    ${console.stack}${console.step === null ? '' : `  ${console.step}`}${console.error === null ? '' : `  ${console.error.message}. ${console.error.action}`}`,
    ...services.map(({ title, state, detail, address }) =>
      `  ${title.padEnd(22)} ${state.padEnd(8)} ${[address, detail].filter(Boolean).join('  ')}`.trimEnd(),
    ),
    ...[queries.bronze, queries.alert].map(queryLine),
  ];
  if (producer)
    lines.push(
      `Producer ${producer.running ? producer.mode : 'paused'}  ${count(producer.sent, 'transaction')} sent, ${rate(producer.rowsPerSecond)}/s`,
    );
  if (table)
    lines.push(`Table    ${count(table.rows, 'row')}, Delta version ${table.version ?? 'none'}  ${table.path}`);
  if (totals)
    lines.push(
      `Alerts   ${count(totals.predictions, 'prediction')}, ${count(totals.frauds, 'fraud')}, ${totals.deliveries.sent} accepted, ${totals.deliveries.pending + totals.deliveries.ambiguous} waiting`,
    );
  return [...lines, ...notices.map(({ text }) => `Note     ${text}`)];
}

function queryLine({ name, state, verdict, headline, detail }: QueryView): string {
  return `${`${name.charAt(0).toUpperCase()}${name.slice(1)}`.padEnd(8)} ${state.padEnd(8)} ${verdict.padEnd(7)} ${headline} ${detail}`.trimEnd();
}
