import { describe, expect, it } from 'vitest';
import { byHand, byUs, failed, passed, warned, type Check } from '../../../src/stack/doctor/check.ts';
import { planChecks } from '../../../src/stack/doctor/doctor.ts';
import type { Instruments } from '../../../src/stack/doctor/instruments.ts';
import { CHECK_IDS, type CheckId } from '../../../src/stack/doctor/report.ts';
import { runChecks, runFix } from '../../../src/stack/doctor/runner.ts';
import { patientIn } from './support/patients.ts';

const tools = {} as Instruments;

function check(id: CheckId, look: Check['look'], more: Partial<Check> = {}): Check {
  return { id, group: 'machine', title: `title of ${id}`, looked: id, needs: [], skip: null, look, ...more };
}

const well = async () => passed('seen', 'expected');
const states = async (plan: readonly Check[], limits?: Parameters<typeof runChecks>[2]) =>
  (await runChecks(plan, tools, limits)).map(({ state }) => state);

describe('making checks', () => {
  it('keeps the order of the plan, and tells what each looked at', async () => {
    const late = check('disk', () => new Promise((resolve) => setImmediate(() => resolve(passed('late', 'x')))));
    const views = await runChecks([late, check('ports', well)], tools);
    expect(views.map(({ id, seen }) => [id, seen])).toEqual([
      ['disk', 'late'],
      ['ports', 'seen'],
    ]);
    expect(views[0]).toMatchObject({ title: 'title of disk', looked: 'disk', fix: null });
  });

  it('takes what a check throws, sooner or later, as its finding', async () => {
    const thrown = check('disk', () => Promise.reject(new Error('the disk is on fire')));
    const atOnce = check('ports', () => {
      throw new Error('at once');
    });
    const views = await runChecks([thrown, atOnce], tools);
    expect(views.map(({ state, seen }) => [state, seen])).toEqual([
      ['failed', 'the disk is on fire'],
      ['failed', 'at once'],
    ]);
  });

  it('waits for no check longer than its deadline', async () => {
    const silent = check('disk', () => new Promise(() => undefined));
    const [view] = await runChecks([silent], tools, { atOnce: 1, deadlineMs: 20 });
    expect(view).toMatchObject({ state: 'failed', seen: 'no answer within 0.02 s' });
  });

  it('has only so many under way at once, and all of them in the end', async () => {
    let [now, most] = [0, 0];
    const busy = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return passed('', '');
    };
    const plan = CHECK_IDS.map((id) => check(id, busy));
    expect(await states(plan, { atOnce: 3, deadlineMs: 30_000 })).toEqual(plan.map(() => 'passed'));
    expect(most).toBe(3);
  });

  it('skips what means nothing without another check, whatever the order, and goes on after a warning', async () => {
    const bad = check('kafka', async () => failed('away', 'here', byHand('start it')));
    const grumble = check('disk', async () => warned('little', 'much', byHand('free some')));
    const plan = [
      check('topic', well, { needs: ['kafka'] }),
      bad,
      check('slot', well, { needs: ['topic'] }),
      grumble,
      check('ports', well, { needs: ['disk'] }),
    ];
    const views = await runChecks(plan, tools);
    expect(views.map(({ state }) => state)).toEqual(['skipped', 'failed', 'skipped', 'warn', 'passed']);
    expect(views[0]?.seen).toBe('it needs "title of kafka", which failed');
  });

  it('gives the reason of a check that does not apply before that of one it needs', async () => {
    const plan = [
      check('kafka', well, { skip: 'no Kafka here' }),
      check('topic', well, { needs: ['kafka'], skip: 'it is elsewhere' }),
    ];
    expect((await runChecks(plan, tools)).map(({ seen }) => seen)).toEqual(['no Kafka here', 'it is elsewhere']);
  });
});

describe('repairing', () => {
  function patient() {
    const state = { broken: true, will: ['do this'], repairs: 0 };
    const each = check(
      'topic',
      async () => (state.broken ? failed('gone', 'there', byUs('why', 'Do', state.will)) : passed('there', 'there')),
      {
        repair: async () => {
          state.repairs += 1;
          state.broken = false;
        },
      },
    );
    return { state, each };
  }

  it('does what was shown, and makes the check again', async () => {
    const { each } = patient();
    const result = await runFix(each, ['do this'], tools);
    expect(result).toMatchObject({ did: ['do this'], check: { state: 'passed', seen: 'there' } });
  });

  it('refuses when something else would be done now than was shown', async () => {
    const { each, state } = patient();
    state.will = ['drop everything'];
    await expect(runFix(each, ['do this'], tools)).rejects.toMatchObject({
      code: 'NOT_ALLOWED_NOW',
      action: expect.stringContaining('drop everything'),
    });
    expect(state.repairs).toBe(0);
  });

  it('leaves alone what is well meanwhile, and what it cannot do itself', async () => {
    const { each, state } = patient();
    state.broken = false;
    expect(await runFix(each, ['do this'], tools)).toMatchObject({ did: [], check: { state: 'passed' } });
    expect(state.repairs).toBe(0);
    const byPerson = check('disk', async () => failed('full', 'room', byHand('free some')));
    await expect(runFix(byPerson, [], tools)).rejects.toMatchObject({ action: 'free some' });
  });
});

it('the plan has every check once, on every profile', () => {
  for (const profile of ['embedded', 'docker', 'external'] as const) {
    const ids = planChecks(patientIn('/home', { profile })).map(({ id }) => id);
    expect([...ids].sort()).toEqual([...CHECK_IDS].sort());
  }
});
