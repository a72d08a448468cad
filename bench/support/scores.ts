/** Stored predictions, scored again by an independent scorer: the one of `services/fraud-api`, in Python. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Database } from '../../src/pipeline/sql.ts';
import { ROOT } from './host.ts';

export interface ScoreVerdict {
  readonly judged: number;
  /** Another probability or verdict, or inputs that do not follow from the row. */
  readonly wrong: number;
}

const ROWS_AT_ONCE = 10_000;

/** Makes the environment first when it is not there; that takes minutes once. */
export async function judgeScores(frauddb: Database): Promise<ScoreVerdict> {
  const { stdout: python } = await promisify(execFile)('bash', [path.join(ROOT, 'model', 'setup.sh')]);
  const env = { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const script = path.join(import.meta.dirname, 'judge_scores.py');
  const child = spawn(python.trim(), [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.on('data', (data) => (told += String(data)));
  const closed = once(child, 'close');
  for (let after = ''; ;) {
    const rows = await frauddb.query<{ trans_num: string; line: string }>(LINES, [after, ROWS_AT_ONCE]);
    if (rows.length === 0) break;
    if (!child.stdin.write(`${rows.map(({ line }) => line).join('\n')}\n`)) await once(child.stdin, 'drain');
    after = rows.at(-1)?.trans_num ?? '';
  }
  child.stdin.end();
  const [code] = (await closed) as [number];
  if (code !== 0) throw new Error(`the independent scorer ended with ${code}`);
  const [judged = NaN, wrong = NaN] = told.trim().split(' ').map(Number);
  return { judged, wrong };
}

const LINES = `
  SELECT p.trans_num, json_build_object('request', d.request, 'score', p.prediction_score, 'fraud', p.is_fraud_predicted,
    'row', json_build_object('amt', t.amt::float8, 'category', t.category, 'gender', t.gender,
      'time', floor(extract(epoch FROM t.trans_date_trans_time))::bigint, 'birth_day', t.dob - date '1970-01-01'))::text AS line
  FROM fraud_predictions p JOIN transactions t USING (trans_num) JOIN sluice.prediction_details d USING (trans_num)
  WHERE p.trans_num > $1 ORDER BY p.trans_num LIMIT $2`;
