/** Writes `spark/alert_sql.py`: the SQL of the Alert query, word for word, for the program that runs on a Spark cluster. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { HISTORY } from '../src/pipeline/alert/history.ts';
import { FIND_LEDGER_ROW, FIRST_LEDGER_TIME, INSERT_LEDGER_ROW } from '../src/pipeline/alert/ledger.ts';
import { FIND_KNOWN, INSERT_PENDING, INSERT_PREDICTIONS } from '../src/pipeline/alert/predictions.ts';
import { LOCK_PRESENT } from '../src/pipeline/alert/transactions.ts';
import { inRoot } from './lib/paths.mjs';

const STATEMENTS = {
  FIND_KNOWN,
  HISTORY,
  LOCK_PRESENT,
  INSERT_PREDICTIONS,
  INSERT_PENDING,
  FIRST_LEDGER_TIME,
  FIND_LEDGER_ROW,
  INSERT_LEDGER_ROW,
};

export const PLACE = inRoot('spark', 'alert_sql.py');

export function render() {
  const statements = Object.entries(STATEMENTS).map(([name, sql]) => `${name} = """${sql}"""\n`);
  return `"""The SQL of the Alert query. Made by \`node scripts/spark-sql.mjs\` from src/pipeline/alert/; edit it there."""\n\n${statements.join('\n')}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PLACE, render());
