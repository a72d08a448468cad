import { afterEach, expect, test } from 'vitest';
import { SluiceError } from '../../../src/pipeline/errors.ts';
import type { Finding } from '../../../src/stack/external/findings.ts';
import type { Probe } from '../../../src/stack/external/probes.ts';
import { createWatch, type Watch } from '../../../src/stack/external/watch.ts';
import type { ServiceView } from '../../../src/stack/stack.ts';
import { until } from '../docker-control/support.ts';

const open: Watch[] = [];
afterEach(() => Promise.all(open.splice(0).map((watch) => watch.stop())));

const away = (seen: string): SluiceError =>
  new SluiceError('SOURCE_UNAVAILABLE', { tried: 'Asking', seen, expected: 'a broker', action: 'Wait.' });

/** Each look takes the next answer, and the last one again and again. */
function probe(name: Probe['name'], ...answers: (Finding | Error | 'silence')[]): Probe & { closed: boolean } {
  let at = 0;
  return {
    name,
    title: name.toUpperCase(),
    address: `${name}:1`,
    settings: `THE_${name.toUpperCase()}`,
    closed: false,
    look() {
      const answer = answers[Math.min(at++, answers.length - 1)];
      if (answer === 'silence') return new Promise(() => undefined);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as Finding);
    },
    async close() {
      this.closed = true;
    },
  };
}

const well: Finding = { state: 'OK', detail: 'well' };

function watching(...probes: Probe[]) {
  const said: string[] = [];
  const told: (readonly ServiceView[])[] = [];
  const watch = createWatch({
    probes,
    onChange: (services) => told.push(services),
    log: (level, message) => said.push(`${level}: ${message}`),
    everyMs: 5,
    patienceMs: 40,
  });
  open.push(watch);
  const state = (name: string) => watch.services().find((each) => each.name === name)?.state;
  return { watch, said, told, state };
}

test('every server is asked at the start, and shown before and after', async () => {
  const { watch, told } = watching(probe('postgres', well), probe('kafka', { state: 'WARN', detail: 'few' }));
  await watch.start(['postgres', 'kafka']);
  expect(told.map((services) => services.map(({ state }) => state).join(' '))).toEqual([
    'STARTING STOPPED',
    'OK STOPPED',
    'OK STARTING',
    'OK WARN',
  ]);
  expect(watch.services()[1]).toMatchObject({ detail: 'few', address: 'kafka:1', verbs: [] });
  expect(watch.services()[1]?.locked).toContain('outside of Sluice');
});

test('the first that cannot be done without ends the start, and says which settings name it', async () => {
  const { watch } = watching(probe('postgres', well), probe('kafka', away('ECONNREFUSED')), probe('minio', well));
  await expect(watch.start(['postgres', 'kafka', 'minio'])).rejects.toMatchObject({
    code: 'STACK_FAILED',
    tried: 'Testing KAFKA at kafka:1',
    seen: 'ECONNREFUSED',
    expected: 'a broker',
    action: 'Start it, or correct THE_KAFKA; then start again.',
  });
});

test('one that may come later does not end it', async () => {
  const { watch, state, said } = watching(probe('fraud-api', away('503'), away('503'), away('503'), well));
  await watch.start(['postgres']);
  expect(state('fraud-api')).toBe('FAILED');
  await until(() => state('fraud-api') === 'OK');
  expect(said).toEqual(['warn: FRAUD-API at fraud-api:1: 503', 'info: FRAUD-API answers again']);
});

test('one that is silent is given up, and asked again', async () => {
  const { watch, state } = watching(probe('kafka', 'silence', well));
  await watch.start([]);
  expect(watch.services()[0]).toMatchObject({ state: 'FAILED', detail: 'no answer within 0.04 s' });
  await until(() => state('kafka') === 'OK');
});

test('stopping ends the looks and closes every client', async () => {
  const probes = [probe('postgres', well), probe('kafka', well)];
  const { watch, told } = watching(...probes);
  await watch.start([]);
  await watch.stop();
  expect(probes.map(({ closed }) => closed)).toEqual([true, true]);
  const before = told.length;
  await watch.look();
  expect(told).toHaveLength(before);
});
