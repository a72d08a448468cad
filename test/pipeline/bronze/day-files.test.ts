import path from 'node:path';
import { expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/pipeline/ports.ts';
import { nodeFiles, type Files } from '../../../src/pipeline/store/files.ts';
import { openBench } from '../support/bench.ts';
import { memorySource, type MemorySource } from '../support/memory-source.ts';
import { afterOf, envelope } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const DAY_MS = 86_400_000;
const DAYS = 40;

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
  await openBench(root, rowsOn(DAYS), files).run(1);
  const commit = calls.indexOf('named _delta_log/00000000000000000000.json');
  const before = calls.slice(0, commit);
  const dataFiles = before.filter((call) => /^written year=.*\.parquet$/.test(call)).map((call) => call.slice(8));
  expect(dataFiles).toHaveLength(DAYS);
  for (const file of dataFiles) {
    const written = before.indexOf(`written ${file}`);
    for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
      expect(before.lastIndexOf(`synced ${folder === '.' ? '' : folder}`), folder).toBeGreaterThan(written);
      if (folder === '.') break;
    }
  }
});

it('puts the next file as soon as one is put, whichever, and only some at the same time', async () => {
  const bench = openBench(tempFolder(), rowsOn(DAYS));
  let [running, most, ended] = [0, 0, 0];
  let othersEnded = (): void => undefined;
  const slow = new Promise<void>((resolve) => (othersEnded = resolve));
  const holdFirst = (store: ObjectStore): ObjectStore => ({
    ...store,
    newObjects: () => ({
      put: async (key, bytes) => {
        running += 1;
        most = Math.max(most, running);
        if (/part-00000-/.test(key)) await slow;
        await store.put(key, bytes);
        running -= 1;
        ended += 1;
        if (ended === DAYS - 1) othersEnded();
      },
      durable: async () => undefined,
    }),
  });
  await bench.run(1, { table: holdFirst });
  expect([ended, most]).toEqual([DAYS, 8]);
}, 30_000);

/** One row on each of so many days. */
function rowsOn(days: number): MemorySource {
  const source = memorySource();
  for (let day = 0; day < days; day += 1)
    source.append(0, [envelope({ ...afterOf(day), trans_date_trans_time: day * DAY_MS * 1_000 })]);
  return source;
}
