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
const [BEGIN, END] = ['<!-- peers: written by `npm run bench -- peers` -->', '<!-- peers: end -->'];

export function writeReport(lines: readonly Line[]): void {
  const text = readFileSync(FILE, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${FILE} has no place for the tables: ${BEGIN}`);
  writeFileSync(FILE, `${before}${BEGIN}\n\n${toReport(lines)}\n\n${END}${after}`);
}

export function toReport(lines: readonly Line[]): string {
  return [catchUpTable(lines), liveTable(lines)].filter(Boolean).join('\n\n');
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
  const newest = <K extends Line['kind']>(kind: K, peer: Peer, store?: Latency['store']) =>
    lines
      .filter(
        (line) =>
          line.kind === kind && line.peer === peer && (line.kind !== 'latency' || line.store === (store ?? 'folder')),
      )
      .at(-1) as Extract<Line, { kind: K }> | undefined;
  const columns = (['sluice', 'spark'] as const).filter((peer) =>
    lines.some((line) => line.kind !== 'catch-up' && line.peer === peer),
  );
  if (columns.length === 0) return '';
  const figure = (title: string, of: (peer: Peer) => string | undefined): string[] => [
    title,
    ...columns.map((peer) => of(peer) ?? ''),
  ];
  const seconds = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${value.toFixed(2)} s`;
  const both = (line: Latency | undefined): string | undefined =>
    line && `${line.p50Seconds.toFixed(3)} / ${line.p95Seconds.toFixed(3)} s`;
  return toMarkdown([
    ['', ...columns.map((peer) => TITLES[peer])],
    figure('start to first commit', (peer) => seconds(newest('start', peer)?.firstCommitSeconds)),
    figure('`kill -9` to next commit', (peer) => seconds(newest('start', peer)?.killToCommitSeconds)),
    figure('one row, sent to committed, folder, p50 / p95', (peer) => both(newest('latency', peer))),
    figure('the same on MinIO', (peer) => both(newest('latency', peer, 'MinIO'))),
    figure('idle, CPU s a second', (peer) => newest('idle', peer)?.cpuPerSecond.toFixed(3)),
    figure('idle, memory', (peer) => newest('idle', peer) && `${newest('idle', peer)?.pssMb} MB`),
    figure('load before', (peer) => newest('latency', peer)?.load.toFixed(1)),
  ]);
}

const inThousands = (value: number): string => value.toLocaleString('en-US');

const toMarkdown = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...rest] = rows;
  return [head, head.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`).join('\n');
};
