/** The truth table on real folders: what Spark left behind, damaged in one way each, and started by Sluice. */
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBench, type Bench } from '../support/bench.ts';
import { memorySource } from '../support/memory-source.ts';
import { afterOf, envelope, FIXTURES, goldenRecords } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

/** How the table tells T: by its commits, by commits beside a log checkpoint, by the log checkpoint of version 10 alone. */
const TABLES = ['commits', 'log checkpoint', 'log checkpoint alone'] as const;

/** N = M = T = 11, and one record that no batch has read. */
function golden(table: (typeof TABLES)[number]): Bench {
  const root = tempFolder();
  cpSync(path.join(FIXTURES, 'golden', 'checkpoint'), path.join(root, 'checkpoint'), { recursive: true });
  cpSync(path.join(FIXTURES, 'golden', 'log'), path.join(root, 'table'), { recursive: true });
  const log = path.join(root, 'table', '_delta_log');
  const isCheckpoint = (file: string): boolean => file.includes('checkpoint');
  const isCovered = (file: string): boolean => /^0+\d+\.json$/.test(file) && Number(file.slice(0, 20)) <= 10;
  for (const file of readdirSync(log)) {
    if (table === 'commits' ? isCheckpoint(file) : table === 'log checkpoint alone' && isCovered(file))
      rmSync(path.join(log, file));
  }
  const source = memorySource(3, 'golden.public.transactions');
  source.appendRecords(goldenRecords());
  source.append(0, [envelope(afterOf(1))]);
  return openBench(root, source);
}

const at = ({ root }: Bench, key: string): string => path.join(root, key);
const remove = (bench: Bench, ...keys: string[]): void => keys.forEach((key) => rmSync(at(bench, key)));
const version = (n: number): string => `table/_delta_log/${String(n).padStart(20, '0')}.json`;
/** As somebody does who knows Spark's checksums: with the one of the old content taken away. */
const write = (bench: Bench, key: string, content: string | Buffer): void => {
  rmSync(path.join(path.dirname(at(bench, key)), `.${path.basename(key)}.crc`), { force: true });
  writeFileSync(at(bench, key), content);
};
const cut = (bench: Bench, key: string): void => {
  const whole = readFileSync(at(bench, key));
  write(bench, key, whole.subarray(0, whole.length / 2));
};
const replace = (bench: Bench, key: string, from: string, to: string): void => {
  const text = readFileSync(at(bench, key), 'utf8');
  expect(text).toContain(from);
  write(bench, key, text.replace(from, to));
};
/** As the replaced Spark job would have written the version. */
const makeForeign = (bench: Bench, n: number): void => {
  const lines = readFileSync(at(bench, version(n)), 'utf8').split('\n');
  const left = lines.filter((line) => !line.startsWith('{"txn"')).join('\n');
  write(bench, version(n), left.replace('STREAMING UPDATE', 'WRITE'));
};

type Row = readonly [name: string, damage: (bench: Bench) => void, batches: readonly (readonly [number, boolean])[]];
/** Batch ids with whether they were run again. */
const GOES_ON: readonly Row[] = [
  ['N=M=T', () => undefined, [[12, false]]],
  [
    'N=M+1, T=M',
    (bench) => remove(bench, 'checkpoint/commits/11', version(11)),
    [
      [11, true],
      [12, false],
    ],
  ],
  ['N=M+1, T=N', (bench) => remove(bench, 'checkpoint/commits/11'), [[12, false]]],
  ['N>M+1, T=N', (bench) => remove(bench, 'checkpoint/commits/10', 'checkpoint/commits/11'), [[12, false]]],
  [
    'N>M+1, T=N-1',
    (bench) => remove(bench, 'checkpoint/commits/10', 'checkpoint/commits/11', version(11)),
    [
      [11, true],
      [12, false],
    ],
  ],
  ['T<M, the later commit foreign', (bench) => makeForeign(bench, 11), [[12, false]]],
  [
    'a newest offsets file cut while it was written',
    (bench) => {
      remove(bench, 'checkpoint/commits/11', version(11));
      cut(bench, 'checkpoint/offsets/11');
    },
    [[11, false]],
  ],
];

const STOPS: readonly (readonly [string, (bench: Bench) => void, code: string, names: RegExp])[] = [
  [
    'N>M+1, T<N-1',
    (bench) => {
      for (const id of [12, 13])
        copyFileSync(at(bench, 'checkpoint/offsets/11'), at(bench, `checkpoint/offsets/${id}`));
    },
    'CHECKPOINT_CORRUPT',
    /offsets up to batch 13, commits up to batch 11/,
  ],
  ['M>N', (bench) => remove(bench, 'checkpoint/offsets/11'), 'CHECKPOINT_CORRUPT', /commits up to batch 11/],
  [
    'T>N',
    (bench) => remove(bench, 'checkpoint/offsets/11', 'checkpoint/commits/11'),
    'TABLE_AHEAD',
    /the sink holds batch 11/,
  ],
  ['T<M', (bench) => remove(bench, version(11)), 'TABLE_BEHIND', /committed batch 11, the sink holds batch 10/],
  ['T absent', (bench) => rmSync(at(bench, 'table'), { recursive: true }), 'TABLE_BEHIND', /the sink holds none/],
  [
    'T<M, the later commit foreign and a batch missing all the same',
    (bench) => {
      makeForeign(bench, 11);
      for (const folder of ['offsets', 'commits'])
        copyFileSync(at(bench, `checkpoint/${folder}/11`), at(bench, `checkpoint/${folder}/12`));
    },
    'TABLE_BEHIND',
    /committed batch 12/,
  ],
  [
    'a cut offsets file whose batch is in the table',
    (bench) => {
      remove(bench, 'checkpoint/commits/11');
      cut(bench, 'checkpoint/offsets/11');
    },
    'CHECKPOINT_CORRUPT',
    /offsets\/11/,
  ],
  [
    'a cut offsets file that was committed',
    (bench) => cut(bench, 'checkpoint/offsets/11'),
    'CHECKPOINT_CORRUPT',
    /offsets\/11/,
  ],
  ['an empty offsets file', (bench) => write(bench, 'checkpoint/offsets/11', ''), 'CHECKPOINT_CORRUPT', /offsets\/11/],
  ['a cut commits file', (bench) => cut(bench, 'checkpoint/commits/11'), 'CHECKPOINT_CORRUPT', /commits\/11/],
  ['an empty metadata', (bench) => write(bench, 'checkpoint/metadata', ''), 'CHECKPOINT_CORRUPT', /metadata/],
  ['a missing metadata', (bench) => remove(bench, 'checkpoint/metadata'), 'CHECKPOINT_CORRUPT', /metadata/],
  [
    'an offsets file from the future',
    (bench) => write(bench, 'checkpoint/offsets/11', 'v99999\n{}\n{}'),
    'CHECKPOINT_UNSUPPORTED',
    /offsets\/11.*v99999/,
  ],
  [
    'an offset that its checksum does not fit',
    (bench) => {
      const text = readFileSync(at(bench, 'checkpoint/offsets/11'), 'latin1');
      writeFileSync(at(bench, 'checkpoint/offsets/11'), text.replace('"0":77', '"0":71'), 'latin1');
    },
    'CHECKPOINT_CORRUPT',
    /offsets\/11 .*checksum/,
  ],
  [
    'offsets that go back',
    (bench) => replace(bench, 'checkpoint/offsets/11', '"0":77', '"0":7'),
    'CHECKPOINT_CORRUPT',
    /offsets\/11 ends partition 0 at 7, the batch begins at \d\d/,
  ],
  [
    'offsets that lack a partition',
    (bench) => replace(bench, 'checkpoint/offsets/11', '"0":77', '"3":77'),
    'CHECKPOINT_CORRUPT',
    /offsets\/11 ends partition 0 at nothing/,
  ],
  [
    'a commit of another batch than it tells',
    (bench) => replace(bench, version(11), '"version":11', '"version":10'),
    'TABLE_UNSUPPORTED',
    /version 11 .*batch 11 of .*batch 10 of/,
  ],
  [
    'a commit that lost a line',
    (bench) =>
      write(
        bench,
        version(11),
        readFileSync(at(bench, version(11)), 'utf8')
          .split('\n')
          .slice(0, -2)
          .join('\n'),
      ),
    'TABLE_UNSUPPORTED',
    /version 11 .*adds 5 files, and tells of 6/,
  ],
  ['an empty commit', (bench) => write(bench, version(11), ''), 'TABLE_UNSUPPORTED', /version 11 .*empty/],
  ['a gap in offsets', (bench) => remove(bench, 'checkpoint/offsets/5'), 'CHECKPOINT_CORRUPT', /offsets\/5/],
  ['a gap in commits', (bench) => remove(bench, 'checkpoint/commits/5'), 'CHECKPOINT_CORRUPT', /commits\/5/],
];

describe.each(TABLES)('a table with its %s', (table) => {
  it.each(GOES_ON)('goes on: %s', async (_name, damage, batches) => {
    const bench = golden(table);
    damage(bench);
    await bench.run('all');
    expect(bench.progress.map(({ batchId, x }) => [batchId, x.recovered])).toEqual(batches);
    expect(existsSync(at(bench, `checkpoint/commits/${batches.at(-1)?.[0]}`))).toBe(true);
  });

  it.each(STOPS)('stops: %s', async (_name, damage, code, names) => {
    const bench = golden(table);
    damage(bench);
    const error = await bench.run('all').then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(names) });
    expect(bench.progress).toEqual([]);
  });
});
