/**
 * Sluice beside what a user would pick instead, on the same topic of a real Kafka on this machine, in turns in one run:
 * `npm run bench -- peers [catch-up] [start] [latency] [idle] [--rows 1000000] [--days 414] [--rounds 3] [--only sluice,polars]
 * [--trigger 5]`, the seconds of a trigger for `idle`;
 * all parts by default. Each figure is one JSON line in `test-results/bench/peers.jsonl`, with the load of the machine
 * before it, and with each the tables of all lines are written anew into `docs/performance.md`. `--fresh` forgets earlier
 * lines.
 */
import { parseArgs } from 'node:util';
import { prepareKafka } from '../../test/stack/servers/kafka-jars.ts';
import { startKafka } from '../../test/stack/servers/kafka.ts';
import { openFiller } from '../../test/stack/servers/topics.ts';
import { openResults } from '../support/results.ts';
import { catchUp } from './catch-up.ts';
import { fillTopic } from './fill.ts';
import { measureIdle } from './idle.ts';
import { measureLatency } from './latency.ts';
import { bringPrograms, PEERS, type Peer } from './programs.ts';
import { writeReport, type Line } from './report.ts';
import { measureStart } from './start.ts';

const PARTS = ['catch-up', 'start', 'latency', 'idle'] as const;

const { values: options, positionals } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '414' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: PEERS.join(',') },
    trigger: { type: 'string', default: '5' },
    fresh: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const parts = positionals.length > 0 ? positionals : PARTS;
const wanted = options.only.split(',') as Peer[];
const unknown = [...parts, ...wanted].find((each) => ![...PARTS, ...PEERS].includes(each as Peer));
if (unknown !== undefined)
  throw new Error(`there is no ${unknown}: parts are ${PARTS.join(', ')}; peers ${PEERS.join(', ')}`);

// Who ends this ends the servers with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const results = openResults<Line>('peers', options.fresh);
const programs = await bringPrograms(wanted);
await prepareKafka();
const kafka = await startKafka();
const filler = await openFiller(kafka.address);
try {
  if (parts.includes('catch-up')) await compareCatchUp();
  const live = { filler, brokers: kafka.address, tell };
  if (parts.includes('start')) await measureStart(live, programs);
  if (parts.includes('latency')) await measureLatency(live, programs);
  if (parts.includes('idle')) await measureIdle(live, programs, Number(options.trigger));
} finally {
  await filler.close();
  await kafka.stop();
}
process.exit();

async function compareCatchUp(): Promise<void> {
  const rows = Number(options.rows);
  const topic = { brokers: kafka.address, topic: await fillTopic(filler, rows, Number(options.days)), rows };
  const tables = new Map<Peer, string>();
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const program of programs) {
      const { line, facts } = await catchUp(program, topic, round, round === 1);
      tell(line);
      if (facts) tables.set(program.peer, JSON.stringify({ ...facts, version: 0 }));
    }
  }
  if (new Set(tables.values()).size > 1) throw new Error(`the tables differ: ${JSON.stringify([...tables])}`);
}

function tell(line: Line): void {
  results.add(line);
  writeReport(results.lines);
  console.log(JSON.stringify(line));
}
