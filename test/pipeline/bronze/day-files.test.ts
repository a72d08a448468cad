import path from 'node:path';
import { expect, it } from 'vitest';
import { nodeFiles, type Files } from '../../../src/pipeline/store/files.ts';
import { openBench } from '../support/bench.ts';
import { memorySource } from '../support/memory-source.ts';
import { afterOf, envelope } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const DAY_MS = 86_400_000;

it('names data files in a commit only once they and all folders above them are durable', async () => {
  const root = tempFolder();
  const calls: string[] = [];
  const at = (file: string): string => path.relative(path.join(root, 'table'), file);
  const files: Files = {
    ...nodeFiles,
    writeNew: (file, bytes) => nodeFiles.writeNew(file, bytes).then(() => void calls.push(`written ${at(file)}`)),
    syncFolder: (folder) => nodeFiles.syncFolder(folder).then(() => void calls.push(`synced ${at(folder)}`)),
    link: async (from, to) => {
      calls.push(`named ${at(to)}`);
      return nodeFiles.link(from, to);
    },
  };
  const source = memorySource();
  for (let day = 0; day < 40; day += 1)
    source.append(0, [envelope({ ...afterOf(day), trans_date_trans_time: day * DAY_MS * 1_000 })]);
  await openBench(root, source, files).run(1);
  const commit = calls.indexOf('named _delta_log/00000000000000000000.json');
  const before = calls.slice(0, commit);
  const dataFiles = before.filter((call) => /^written year=.*\.parquet$/.test(call)).map((call) => call.slice(8));
  expect(dataFiles).toHaveLength(40);
  for (const file of dataFiles) {
    const written = before.indexOf(`written ${file}`);
    for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
      expect(before.lastIndexOf(`synced ${folder === '.' ? '' : folder}`), folder).toBeGreaterThan(written);
      if (folder === '.') break;
    }
  }
});
