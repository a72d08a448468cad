import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasThread, initialMachine, step, type QueryInput, type QueryMachine } from '../../src/console/query-state.ts';
import type { ErrorView } from '../../src/pipeline/errors.ts';

const error = (code: ErrorView['code'], retryable: boolean): ErrorView => ({
  code,
  retryable,
  message: 'm',
  tried: 't',
  seen: 's',
  expected: 'e',
  action: 'a',
});
const died = error('WORKER_DIED', true);
const away = error('SOURCE_UNAVAILABLE', true);
const fenced = error('FENCED', false);

const inputs: Record<string, QueryInput> = {
  start: { type: 'start' },
  stop: { type: 'stop' },
  restart: { type: 'restart' },
  running: { type: 'running' },
  stopped: { type: 'ended', error: null },
  died: { type: 'ended', error: died },
  away: { type: 'ended', error: away },
  fenced: { type: 'ended', error: fenced },
  retry: { type: 'retry' },
};

/** Plays inputs a second apart and answers the states and actions as words. */
function play(words: string): { states: string; actions: string; machine: QueryMachine } {
  let machine = initialMachine(0);
  const states: string[] = [];
  const actions: string[] = [];
  words.split(' ').forEach((word, index) => {
    const next = step(machine, inputs[word]!, (index + 1) * 1_000, 0.5);
    machine = next.machine;
    states.push(machine.state);
    actions.push(next.actions.map(({ type }) => type).join('+') || '-');
  });
  return { states: states.join(' '), actions: actions.join(' '), machine };
}

describe('one query', () => {
  test.each([
    ['start running stop stopped', 'STARTING RUNNING STOPPING STOPPED', 'spawn - ask-to-stop -'],
    ['start start running start', 'STARTING STARTING RUNNING RUNNING', 'spawn - - -'],
    [
      'start running restart stopped running',
      'STARTING RUNNING RESTARTING STARTING RUNNING',
      'spawn - ask-to-stop spawn -',
    ],
    [
      'start running stop start stopped',
      'STARTING RUNNING STOPPING RESTARTING STARTING',
      'spawn - ask-to-stop - spawn',
    ],
    ['start running restart stop stopped', 'STARTING RUNNING RESTARTING STOPPING STOPPED', 'spawn - ask-to-stop - -'],
    ['start stop running stopped', 'STARTING STOPPING STOPPING STOPPED', 'spawn ask-to-stop - -'],
    ['restart stop', 'STARTING STOPPING', 'spawn ask-to-stop'],
    ['start running fenced start', 'STARTING RUNNING FAILED STARTING', 'spawn - - spawn'],
    ['start running fenced stop', 'STARTING RUNNING FAILED STOPPED', 'spawn - - -'],
    [
      'start running died retry running',
      'STARTING RUNNING RESTARTING STARTING RUNNING',
      'spawn - schedule-retry spawn -',
    ],
    ['start away stop', 'STARTING RESTARTING STOPPED', 'spawn schedule-retry cancel-retry'],
    ['start away start', 'STARTING RESTARTING STARTING', 'spawn schedule-retry cancel-retry+spawn'],
    ['start running stop away', 'STARTING RUNNING STOPPING STOPPED', 'spawn - ask-to-stop -'],
    ['start running stop fenced', 'STARTING RUNNING STOPPING FAILED', 'spawn - ask-to-stop -'],
    ['start running restart fenced', 'STARTING RUNNING RESTARTING FAILED', 'spawn - ask-to-stop -'],
    ['stop retry running stopped', 'STOPPED STOPPED STOPPED STOPPED', '- - - -'],
  ])('%s', (words, states, actions) => {
    const played = play(words);
    expect(played.states).toBe(states);
    expect(played.actions.replaceAll('cancel-retry+spawn retry', 'cancel-retry+spawn')).toBe(
      actions.replace('schedule-retry spawn', 'schedule-retry cancel-retry+spawn'),
    );
  });

  test('five deaths within ten minutes end in FAILED with the reason', () => {
    const { machine } = play('start died retry died retry died retry died retry died');
    expect(machine).toMatchObject({ state: 'FAILED', error: died, nextAttemptAt: null });
  });

  test('a service that is away is asked again for ever, at most 30 s apart', () => {
    let machine = step(initialMachine(0), inputs['start']!, 0, 0).machine;
    for (let now = 0, failures = 0; failures < 100; failures++) {
      machine = step(machine, inputs['away']!, now, 0.999).machine;
      expect(machine.state).toBe('RESTARTING');
      expect(machine.nextAttemptAt! - now).toBeLessThanOrEqual(30_000);
      now = machine.nextAttemptAt!;
      machine = step(machine, inputs['retry']!, now, 0.5).machine;
    }
  });

  test('a start by hand forgives earlier deaths', () => {
    const { machine } = play('start died retry died retry died retry died start died');
    expect(machine).toMatchObject({ state: 'RESTARTING', failures: [{ crash: true }] });
  });
});

test('whatever happens in whatever order: one thread at most, and no state without a way out', () => {
  const person = fc.constantFrom('start', 'stop', 'restart');
  const world = fc.constantFrom('running', 'stopped', 'died', 'away', 'fenced', 'retry');
  fc.assert(
    fc.property(fc.array(fc.oneof(person, world), { maxLength: 60 }), (words) => {
      let machine = initialMachine(0);
      let threads = 0;
      let asked = false;
      words.forEach((word, index) => {
        const input = inputs[word]!;
        // A thread that does not live cannot say anything.
        if (threads === 0 && (input.type === 'running' || input.type === 'ended')) return;
        if (input.type === 'ended') threads--;
        const next = step(machine, input, index * 1_000, 0.5);
        machine = next.machine;
        for (const { type } of next.actions) {
          if (type === 'spawn') [threads, asked] = [threads + 1, false];
          if (type === 'ask-to-stop') asked = true;
        }
        expect(threads).toBeLessThanOrEqual(1);
        expect(hasThread(machine)).toBe(threads === 1);
        if (machine.state === 'STOPPING') expect(asked).toBe(true);
        if (machine.state === 'RESTARTING') expect(asked || machine.nextAttemptAt !== null).toBe(true);
      });
    }),
    { numRuns: 2_000 },
  );
});
