/**
 * What the path of Bronze costs from the bytes of the messages to the committed table in a folder, without a broker: CPU
 * seconds, wall and peak memory of a process of its own; or, with `--stages`, where the time goes.
 * `npm run bench -- bronze [--rows 1000000] [--days 414] [--sorted] [--stages] [--batch 0] [--columns 0] [--runs 1] [--heap 0]`
 * `--batch`: rows of a batch, 0 for all in one. `--columns`: limit of the columns, MiB. `--heap`: limit of the JavaScript heap, MiB.
 * Every run is one JSON line in `test-results/bench/bronze.jsonl`. The messages are made once and kept in the temporary folder.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ROOT } from '../support/host.ts';
import { messageFile } from '../support/message-file.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '414' },
    sorted: { type: 'boolean', default: false },
    stages: { type: 'boolean', default: false },
    batch: { type: 'string', default: '0' },
    columns: { type: 'string', default: '0' },
    runs: { type: 'string', default: '1' },
    heap: { type: 'string', default: '0' },
  },
});

const { sorted, stages, ...texts } = options;
const { runs, heap, rows, days, batch, columns } = Object.fromEntries(
  Object.entries(texts).map(([name, text]) => [name, Number(text)]),
) as Record<keyof typeof texts, number>;

const results = path.join(ROOT, 'test-results', 'bench');
mkdirSync(results, { recursive: true });
const file = messageFile(rows, { days, sorted });
for (let run = 0; run < runs; run += 1) {
  const line = JSON.stringify({ rows, days, sorted, batch, columns, heap, ...(await measure()) });
  appendFileSync(path.join(results, 'bronze.jsonl'), `${line}\n`);
  console.log(line);
}

async function measure(): Promise<object> {
  const flags = heap > 0 ? [`--max-old-space-size=${heap}`] : [];
  const given = JSON.stringify({ file, rows, batch, stages, columns });
  const script = path.join(import.meta.dirname, 'run.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, given]);
  return JSON.parse(stdout) as object;
}
