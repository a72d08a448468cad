/**
 * Two consoles on one checkpoint, as real processes: races for it, and owners that fall asleep at every step and wake up
 * after another took over. `npm run bench -- owners [--races 200] [--zombies 1] [--real 4] [--fresh] [--keep]`
 * `--zombies` is how often each step is slept at with a short lease; `--real` are zombies of the real 60 seconds.
 * Every case is one JSON line in `test-results/bench/owners.jsonl`; what is there is not run again. Exit code 1 when one is wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LEASE_TIMES } from '../../src/pipeline/ownership/lease.ts';
import { openResults, toTable } from '../support/results.ts';
import { race, SHORT_LEASE, zombie, type Outcome, type Topic, type Zombie } from './cases.ts';
import { judge, type Verdict } from './oracle.ts';
import { openTopic } from './topic.ts';

const { values: options } = parseArgs({
  options: {
    races: { type: 'string', default: '200' },
    zombies: { type: 'string', default: '1' },
    real: { type: 'string', default: '4' },
    fresh: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

type Line = Pick<Outcome, 'wrong' | 'facts'> & Verdict & { readonly name: string; readonly kind: string };

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly run: (folder: string, topic: Topic) => Promise<Outcome>;
}

/** Cases that are judged by one call of the reader. */
const AT_ONCE = 10;
const STEPS = [
  'b1@1',
  'b1@3',
  'b2@1',
  'b2@3',
  'b3@2',
  'b4@3',
  'b5@3',
  'b6@2',
  'b7@1',
  'b7@3',
  'b7@4',
  'b8@2',
  'b9@2',
  'b10@2',
] as const;
// Who ends this ends the servers with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const results = openResults<Line>('owners', options.fresh);
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-owners-'));

const server = await openTopic(120);
try {
  const known = new Set(results.lines.map(({ name }) => name));
  const open = cases().filter(({ name }) => !known.has(name));
  for (let at = 0; at < open.length; at += AT_ONCE) await runSome(open.slice(at, at + AT_ONCE));
} finally {
  await server.stop();
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
}
console.log(summary());
process.exitCode = results.lines.every(isWell) ? 0 : 1;

async function runSome(some: readonly Case[]): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const { name, run } of some) outcomes.push(await run(path.join(folder, name), server.topic));
  const verdicts = await judge(
    outcomes.map(({ table }) => table),
    server.sent,
    server.ends,
  );
  for (const [index, { name, kind }] of some.entries()) {
    const { wrong, facts } = outcomes[index] as Outcome;
    const line = { name, kind, wrong, facts, ...(verdicts[index] as Verdict) };
    results.add(line);
    if (!isWell(line)) console.log(JSON.stringify(line));
    if (!options.keep && isWell(line)) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
  console.log(`${results.lines.length} cases, ${results.lines.filter((line) => !isWell(line)).length} wrong`);
}

function cases(): Case[] {
  const races = Array.from({ length: Number(options.races) }, (_, each): Case => ({
    name: `race-${each}`,
    kind: 'race',
    run: race,
  }));
  const rounds = Array.from({ length: Number(options.zombies) }, (_, each) => each);
  const short = rounds.flatMap((round) =>
    STEPS.flatMap((at) =>
      (['late', 'early', 'paused', 'cleared'] as const).map((wake) =>
        toCase(`${at}-${wake}-${round}`, 'short', { at, wake, times: SHORT_LEASE }),
      ),
    ),
  );
  const anyMoment = rounds.flatMap((round) =>
    Array.from({ length: 20 }, (_, each) =>
      toCase(`moment-${each}-${round}`, 'any moment', {
        at: each * 5,
        wake: each % 2 ? 'late' : 'early',
        times: SHORT_LEASE,
      }),
    ),
  );
  const real = (['b7@3', 'b2@3', 'b9@2', 'b5@3'] as const)
    .slice(0, Number(options.real))
    .map((at, each) => toCase(`real-${at}`, '60 s', { at, wake: each % 2 ? 'early' : 'late', times: LEASE_TIMES }));
  return [...races, ...short, ...anyMoment, ...real];
}

function toCase(name: string, kind: string, how: Zombie): Case {
  return { name, kind, run: (place, topic) => zombie(place, topic, how) };
}

function isWell({ wrong, lost, doubled, broken }: Line): boolean {
  return wrong.length + lost + doubled + broken.length === 0;
}

function summary(): string {
  const kinds = [...new Set(results.lines.map(({ kind }) => kind))];
  const rows = kinds.map((kind) => {
    const lines = results.lines.filter((line) => line.kind === kind);
    const sum = (of: (line: Line) => number): number => lines.reduce((total, line) => total + of(line), 0);
    return [
      kind,
      lines.length,
      sum(({ wrong }) => wrong.length),
      sum(({ lost }) => lost),
      sum(({ doubled }) => doubled),
      sum(({ broken }) => broken.length),
      sum(({ takeOvers }) => takeOvers),
    ];
  });
  const apart = results.lines.filter(({ kind }) => kind === 'race').map(({ facts }) => Number(facts['apartMs']));
  const within = (ms: number): number => apart.filter((each) => each <= ms).length;
  const starts = `of ${apart.length} races ${within(1)} began within 1 ms, ${within(5)} within 5 ms, ${within(50)} within 50 ms`;
  const table = toTable([['kind', 'cases', 'wrong', 'lost', 'doubled', 'broken', 'take-overs'], ...rows]);
  return `${table}\n${starts}`;
}
