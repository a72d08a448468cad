/** The rows of a Bronze table for the oracle, read by an independent reader: Python's `deltalake`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Evidence, SeenRow } from '../../test/pipeline/support/oracle.ts';
import { deltalakePython } from '../../test/support/deltalake.ts';

/** @param table a folder or `s3://bucket/path`; @param options how its store is reached, as delta-rs names it */
export async function readTable(
  table: string,
  options: Readonly<Record<string, string>> = {},
): Promise<Pick<Evidence, 'rows' | 'fileRows'>> {
  const script = path.join(import.meta.dirname, 'read_rows.py');
  const child = spawn(await deltalakePython(), [script, table], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (data) => (complaint += String(data)));
  child.stdin.end(JSON.stringify(options));
  const ended = once(child, 'close');
  const rows: SeenRow[] = [];
  const fileRows = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, name = '', value = '', time = '0'] = line.split('\t');
    if (kind === 'F') fileRows.set(name, Number(value));
    else rows.push({ transNum: textOf(name), ccNum: textOf(value), ingestedAt: BigInt(time) });
  }
  const [code] = (await ended) as [number];
  if (code !== 0) throw new Error(`reading ${table} ended with ${code}: ${complaint.slice(-2_000)}`);
  return { rows, fileRows };
}

const textOf = (text: string): string | null => (text === 'None' ? null : text);
