/** The whole topic into a new table, each program after the other in one round. */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { readDelta, type DeltaFacts } from '../../test/support/deltalake.ts';
import { measure } from '../support/measure.ts';
import type { Peer, Program } from './programs.ts';
import { watchLog } from './table.ts';

const PATIENCE_MS = 10 * 60_000;

export interface CatchUp {
  readonly kind: 'catch-up';
  readonly round: number;
  readonly peer: Peer;
  readonly rows: number;
  readonly files: number;
  readonly cpuSeconds: number;
  /** From the start of the process to the commit that completes the rows; of kcat, to its end. */
  readonly wallSeconds: number;
  readonly peakPssMb: number;
  readonly peakRssMb: number;
  readonly load: number;
}

export interface Topic {
  readonly brokers: string;
  readonly topic: string;
  readonly rows: number;
}

/** @param check whether an independent reader looks at the table afterwards */
export async function catchUp(
  { peer, ...program }: Program,
  { rows, ...topic }: Topic,
  round: number,
  check: boolean,
): Promise<{ readonly line: CatchUp; readonly facts: DeltaFacts | null }> {
  const root = mkdtempSync(path.join(tmpdir(), `sluice-peers-${peer}-`));
  const load = loadavg()[0] ?? 0;
  try {
    const { child, began, cost } = measure(program.catchUp({ ...topic, root }), root);
    const log = watchLog(root);
    if (peer !== 'kcat') await Promise.race([log.until(rows, PATIENCE_MS), cost.then(() => log.until(rows, 1_000))]);
    if (peer === 'spark') child.kill('SIGTERM');
    const { cpuSeconds, wallSeconds, peakPssMb, peakRssMb } = await cost;
    const wall = peer === 'kcat' ? wallSeconds : Math.round(log.lastAt() - began) / 1_000;
    const facts = check && peer !== 'kcat' ? await readDelta(path.join(root, 'table')) : null;
    const counts = { rows: peer === 'kcat' ? rows : log.rows(), files: log.files() };
    const figures = { cpuSeconds, wallSeconds: wall, peakPssMb, peakRssMb, load };
    return { line: { kind: 'catch-up', round, peer, ...counts, ...figures }, facts };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
