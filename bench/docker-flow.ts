/**
 * From an INSERT in PostgreSQL to the message at Slack, through Debezium, Kafka and the console in a container, on the
 * compose file and a real docker engine: `npm run bench -- docker-flow [--frauds 60] [--every-ms 1500]`. One JSON line in
 * `test-results/bench/docker-flow.jsonl`. Exit code 1 when a fraud was not told, or told twice.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { withFlow } from '../test/stack/docker/with-flow.ts';
import { openResults } from './support/results.ts';

const { values: options } = parseArgs({
  options: { frauds: { type: 'string', default: '60' }, 'every-ms': { type: 'string', default: '1500' } },
});
const PATIENCE_MS = 120_000;

await withFlow({}, async ({ flow, upSeconds }) => {
  const sent = new Map<string, number>();
  // Slack's own pace is one message a second: more would measure the queue.
  for (let n = 0; n < Number(options.frauds); n += 1) {
    const { transNum, at } = await flow.insert('suspicious');
    sent.set(transNum, at);
    await sleep(Number(options['every-ms']));
  }
  const until = Date.now() + PATIENCE_MS;
  let told = await timesOf(flow, sent);
  while ([...told.values()].some(({ length }) => length === 0) && Date.now() < until) {
    await sleep(1_000);
    told = await timesOf(flow, sent);
  }
  const delays = [...told].flatMap(([transNum, [first]]) => (first ? [first - (sent.get(transNum) ?? 0)] : []));
  delays.sort((a, b) => a - b);
  const at = (part: number): number | null => delays[Math.ceil(part * delays.length) - 1] ?? null;
  const outcome = {
    frauds: sent.size,
    told: delays.length,
    toldTwice: [...told.values()].filter(({ length }) => length > 1).length,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    maxMs: at(1),
    upSeconds: Math.round(upSeconds),
    load: loadavg().map((each) => Math.round(each * 10) / 10),
  };
  openResults('docker-flow', false).add(outcome);
  console.log(JSON.stringify(outcome));
  process.exitCode = outcome.told === outcome.frauds && outcome.toldTwice === 0 ? 0 : 1;
});

/** When each was told. */
async function timesOf(
  flow: { messages(): Promise<readonly { at: number; body: string }[]> },
  sent: Map<string, number>,
) {
  const messages = await flow.messages();
  return new Map(
    [...sent.keys()].map((transNum) => [
      transNum,
      messages.filter(({ body }) => body.includes(transNum)).map(({ at }) => at),
    ]),
  );
}
