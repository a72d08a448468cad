/**
 * Every failpoint of Bronze, with kill -9 of the process and the sudden end of its thread, on real processes, a real Kafka,
 * and a table in folders and on MinIO: `npm run bench -- matrix [--seeds 3] [--stores local,minio] [--only b5,b7] [--fresh]`.
 * One JSON line a case in `test-results/bench/matrix.jsonl`; goes on where it was stopped. Exit code 1 when a row was
 * lost, doubled or bent, or when a failpoint was not reached.
 */
import { parseArgs } from 'node:util';
import { BRONZE_FAILPOINTS } from '../../test/pipeline/support/simulation.ts';
import { isSound } from '../../test/pipeline/support/oracle.ts';
import { openResults, toTable } from '../support/results.ts';
import { KILLS, openWorld, runCase, type Case, type Outcome, type Store } from './case.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    stores: { type: 'string', default: 'local,minio' },
    only: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
});
const stores = options.stores.split(',') as Store[];
const failpoints = BRONZE_FAILPOINTS.filter((name) => options.only?.split(',').includes(name) ?? true);
const results = openResults<Outcome>('matrix', options.fresh);
const keyOf = ({ store, failpoint, kill, seed }: Case): string => `${store} ${failpoint} ${kill} ${seed}`;
const done = new Set(results.lines.map(keyOf));
const world = await openWorld(stores);
try {
  for (const each of cases()) {
    if (done.has(keyOf(each))) continue;
    const outcome = await runCase(world, each);
    results.add(outcome);
    console.log(JSON.stringify(outcome));
  }
} finally {
  await world.close();
}
console.log(toTable(summary()));
process.exitCode = results.lines.every(({ fired, verdict }) => fired && isSound(verdict)) ? 0 : 1;

/** The seed changes last: what is stopped half way has tried every cell. */
function* cases(): Iterable<Case> {
  for (let seed = 1; seed <= Number(options.seeds); seed += 1)
    for (const failpoint of failpoints)
      for (const store of stores) for (const kill of KILLS) yield { store, failpoint, kill, seed };
}

function summary(): (string | number)[][] {
  const head = ['failpoint', 'store', 'kill', 'cases', 'fired', 'starts', 'rows', 'lost', 'doubled', 'bent', 'broken'];
  const cells = BRONZE_FAILPOINTS.flatMap((failpoint) =>
    (['local', 'minio'] as const).flatMap((store) => KILLS.map((kill) => ({ failpoint, store, kill }))),
  );
  const rows = cells.map(({ failpoint, store, kill }) => {
    const some = results.lines.filter(
      (each) => each.failpoint === failpoint && each.store === store && each.kill === kill,
    );
    const sum = (of: (each: Outcome) => number): number => some.reduce((total, each) => total + of(each), 0);
    return [
      failpoint,
      store,
      kill,
      some.length,
      some.filter(({ fired }) => fired).length,
      sum(({ starts }) => starts),
      sum(({ verdict }) => verdict.rows),
      sum(({ verdict }) => verdict.lost),
      sum(({ verdict }) => verdict.doubled),
      sum(({ verdict }) => verdict.bent + verdict.foreign),
      sum(({ verdict }) => verdict.broken.length),
    ];
  });
  return [head, ...rows.filter((row) => row[3] !== 0)];
}
