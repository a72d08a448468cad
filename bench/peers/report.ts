/** The figures of all lines as tables in `docs/performance.md`, between two marks. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/host.ts';
import type { CatchUp } from './catch-up.ts';
import { quantile } from './follow.ts';
import type { Idle } from './idle.ts';
import type { Latency } from './latency.ts';
import { PEERS, TITLES, type Peer } from './programs.ts';
import type { Start } from './start.ts';

export type Line = CatchUp | Start | Latency | Idle;

const FILE = path.join(ROOT, 'docs', 'performance.md');
/** A table without lines stays as it is: one part may be measured again alone. */
const TABLES = { 'catch-up': catchUpTable, live: liveTable, idle: idleTable } as const;

export function writeReport(lines: readonly Line[]): void {
  let text = readFileSync(FILE, 'utf8');
  for (const [name, toTable] of Object.entries(TABLES)) {
    const table = toTable(lines);
    if (table !== '') text = replaceTable(text, name, table);
  }
  writeFileSync(FILE, text);
}

function replaceTable(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- peers ${name}: written by \`npm run bench -- peers\` -->`, `<!-- peers ${name}: end -->`];
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${FILE} has no place for the table: ${begin}`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

function catchUpTable(lines: readonly Line[]): string {
  const runs = lines.filter((line) => line.kind === 'catch-up');
  if (runs.length === 0) return '';
  const loads = runs.map(({ load }) => load);
  const caption =
    `${inThousands(runs[0]?.rows ?? 0)} rows, 3 partitions, in turns, the median of each program's rounds; ` +
    `load of the machine before a run ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`;
  const median = (peer: Peer, of: 'cpuSeconds' | 'wallSeconds' | 'peakPssMb' | 'files'): number =>
    quantile(
      runs.filter((run) => run.peer === peer).map((run) => run[of]),
      0.5,
    );
  const share = (peer: Peer, of: 'cpuSeconds' | 'wallSeconds'): string => {
    const ratio = median('sluice', of) / median(peer, of);
    return peer === 'sluice' || Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)}x`;
  };
  const rows = PEERS.filter((peer) => runs.some((run) => run.peer === peer)).map((peer) => [
    TITLES[peer],
    median(peer, 'cpuSeconds').toFixed(1),
    share(peer, 'cpuSeconds'),
    median(peer, 'wallSeconds').toFixed(1),
    share(peer, 'wallSeconds'),
    median(peer, 'peakPssMb').toFixed(0),
    median(peer, 'files').toFixed(0),
    String(runs.filter((run) => run.peer === peer).length),
  ]);
  const head = ['', 'CPU s', 'Sluice takes', 'wall s', 'Sluice takes', 'peak memory MB', 'files', 'rounds'];
  return `${caption}\n\n${toMarkdown([head, ...rows])}`;
}

function liveTable(lines: readonly Line[]): string {
  const latency = (peer: Peer, store: Latency['store']): Latency | undefined =>
    newest(
      lines.filter((line) => line.kind !== 'latency' || line.store === store),
      'latency',
      peer,
    );
  const seconds = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${value.toFixed(2)} s`;
  const both = (line: Latency | undefined): string | undefined =>
    line && `${line.p50Seconds.toFixed(3)} / ${line.p95Seconds.toFixed(3)} s`;
  return besideSpark(
    lines,
    ['start', 'latency'],
    [
      ['start to first commit', (peer) => seconds(newest(lines, 'start', peer)?.firstCommitSeconds)],
      ['`kill -9` to next commit', (peer) => seconds(newest(lines, 'start', peer)?.killToCommitSeconds)],
      ['one row, sent to committed, folder, p50 / p95', (peer) => both(latency(peer, 'folder'))],
      ['the same on MinIO', (peer) => both(latency(peer, 'MinIO'))],
      ['load before', (peer) => latency(peer, 'folder')?.load.toFixed(1)],
    ],
  );
}

function idleTable(lines: readonly Line[]): string {
  const idle = lines.filter((line) => line.kind === 'idle');
  const [any] = idle.slice(-1);
  if (!any) return '';
  const caption = `Nothing to do, one run each, watched for ${any.watchedSeconds} s from ${any.settlingSeconds} s after the commit of all rows on.`;
  const triggers = [...new Set(idle.map(({ triggerSeconds }) => triggerSeconds))].sort((a, b) => b - a);
  const figures = triggers.flatMap((trigger): [string, (peer: Peer) => string | undefined][] => {
    const of = (peer: Peer): Idle | undefined =>
      newest(
        idle.filter((line) => line.triggerSeconds === trigger),
        'idle',
        peer,
      );
    const how = trigger === 0 ? 'as soon as there is data' : `a trigger of ${trigger} s`;
    return [
      [`${how}: CPU s a second`, (peer) => of(peer)?.cpuPerSecond.toFixed(4)],
      ['memory, mean / most', (peer) => of(peer) && `${of(peer)?.pssMb} / ${of(peer)?.peakPssMb} MB`],
      ['load before', (peer) => of(peer)?.load.toFixed(1)],
    ];
  });
  return `${caption}\n\n${besideSpark(lines, ['idle'], figures)}`;
}

/** A row for each figure, a column for each of both programs that has any. */
function besideSpark(
  lines: readonly Line[],
  kinds: readonly Line['kind'][],
  figures: readonly (readonly [title: string, of: (peer: Peer) => string | undefined])[],
): string {
  const columns = (['sluice', 'spark'] as const).filter((peer) =>
    lines.some((line) => kinds.includes(line.kind) && line.peer === peer),
  );
  if (columns.length === 0) return '';
  const rows = figures.map(([title, of]) => [title, ...columns.map((peer) => of(peer) ?? '')]);
  return toMarkdown([['', ...columns.map((peer) => TITLES[peer])], ...rows]);
}

function newest<K extends Line['kind']>(lines: readonly Line[], kind: K, peer: Peer) {
  return lines.filter((line) => line.kind === kind && line.peer === peer).at(-1) as
    Extract<Line, { kind: K }> | undefined;
}

const inThousands = (value: number): string => value.toLocaleString('en-US');

const toMarkdown = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...rest] = rows;
  return [head, head.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`).join('\n');
};
