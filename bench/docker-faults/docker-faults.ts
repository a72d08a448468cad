/**
 * Each service of the compose stack is stopped, killed and frozen while the producer sends:
 * `npm run bench -- docker-faults [--only kafka] [--fault kill] [--rate 20] [--fresh]`. Each case is a JSON line in
 * `test-results/bench/docker-faults.jsonl`, and a run that was stopped goes on with the next. Exit code 1 when a row was lost
 * or doubled, a transaction not scored, a fraud not told, or the flow did not come back by itself.
 */
import { parseArgs } from 'node:util';
import { withFlow } from '../../test/stack/docker/with-flow.ts';
import { openResults, toTable } from '../support/results.ts';
import { FAULTS, SERVICES } from './faults.ts';
import { playCase, type Outcome } from './play.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    fault: { type: 'string' },
    rate: { type: 'string', default: '20' },
    fresh: { type: 'boolean', default: false },
  },
});
const results = openResults<Outcome>('docker-faults', options.fresh);
const isDone = (service: string, fault: string): boolean =>
  results.lines.some((line) => line.service === service && line.fault === fault);
const open = SERVICES.filter((service) => !options.only || service === options.only).flatMap((service) =>
  FAULTS.filter((fault) => (!options.fault || fault === options.fault) && !isDone(service, fault)).map((fault) => {
    return { service, fault };
  }),
);

// The producer begins before the console: by its first offset every transaction is Alert's.
const DOTENV = { PRODUCER_MODE: 'stream', PRODUCER_RATE: options.rate, ALERT_STARTING_OFFSETS: 'earliest' };
if (open.length > 0) {
  await withFlow(DOTENV, async (running) => {
    for (const { service, fault } of open) {
      const outcome = await playCase(running, service, fault);
      results.add(outcome);
      console.log(JSON.stringify(outcome));
    }
  });
}
const head = ['service', 'fault', 'back s', 'Slack s', 'Bronze s', 'lost', 'doubled', 'unscored', 'untold', 'said'];
const rows = results.lines.map((line) => [
  line.service,
  line.fault,
  line.backSeconds,
  line.slackSeconds ?? 'never',
  line.bronzeSeconds ?? 'never',
  line.lost,
  line.doubled,
  line.unscored,
  line.untold,
  line.states.join(' '),
]);
console.log(toTable([head, ...rows]));
process.exitCode = results.lines.every(isSound) ? 0 : 1;

function isSound({ slackSeconds, bronzeSeconds, lost, doubled, unscored, untold }: Outcome): boolean {
  return slackSeconds !== null && bronzeSeconds !== null && lost + doubled + unscored + untold === 0;
}
