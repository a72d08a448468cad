/** The Bronze table as an independent reader sees it: Python's `deltalake`, in a virtual environment of its own. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { deltalakePython } from '../../test/support/deltalake.ts';

const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** `trans_num` and `cc_num` (exact decimal text) of every row. */
export async function readBronze(table: string): Promise<[string, string][]> {
  const python = await deltalakePython();
  const script = path.join(import.meta.dirname, 'read_bronze.py');
  const { stdout } = await promisify(execFile)(python, [script, table], { maxBuffer: MAX_OUTPUT_BYTES });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t') as [string, string]);
}
