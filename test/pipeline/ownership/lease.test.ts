import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  LEASE_TIMES,
  mayStillWrite,
  readLease,
  takeLease,
  type Lease,
  type LeaseOptions,
} from '../../../src/pipeline/ownership/lease.ts';
import { isAlive, processStart } from '../../../src/pipeline/ownership/process.ts';
import type { Clock, ObjectStore } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { tempFolder } from '../support/temp.ts';

const EXPIRY_MS = LEASE_TIMES.expiryMs;

const clockAt = (time = 1_000_000): Clock & { time: number } => ({
  time,
  now() {
    return this.time;
  },
  sleep: async () => undefined,
});

const openStore = (): ObjectStore => openLocalStore(tempFolder());
const owner = (runId: string, pid = process.pid, host = os.hostname()) => ({ runId, host, pid });
const elsewhere = (runId: string) => owner(runId, 1, 'other-host');
const options = (store: ObjectStore, clock: Clock, who: LeaseOptions['owner']): LeaseOptions => ({
  store,
  clock,
  owner: who,
  replaceOwn: false,
});

describe('a lease', () => {
  it('of a living owner is refused, naming run, process and host', async () => {
    const [store, clock] = [openStore(), clockAt()];
    await takeLease(options(store, clock, elsewhere('run-1')));
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({
      code: 'FENCED',
      seen: expect.stringMatching(/process 1 on other-host \(run run-1\) since 1970/),
    });
  });

  it("is one owner's of 32 that take it at the same time", async () => {
    const [store, clock] = [openStore(), clockAt()];
    const taken = await Promise.allSettled(
      Array.from({ length: 32 }, (_, each) => takeLease(options(store, clock, elsewhere(`run-${each}`)))),
    );
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('that is given back is free at once, and the epoch goes on rising', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const first = await takeLease(options(store, clock, elsewhere('run-1')));
    await first.release();
    expect(await readLease(store, clock)).toBeNull();
    const second = await takeLease(options(store, clock, owner('run-2')));
    expect([first.epoch, second.epoch]).toEqual([1, 2]);
    expect(await readLease(store, clock)).toMatchObject({ runId: 'run-2', epoch: 2 });
  });

  it('of another host is free 60 seconds after its last renewal', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const first = await takeLease(options(store, clock, elsewhere('run-1')));
    clock.time += EXPIRY_MS - 1;
    await first.renew();
    clock.time += EXPIRY_MS;
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'FENCED' });
    clock.time += 1;
    await expect(takeLease(options(store, clock, owner('run-2')))).resolves.toMatchObject({ epoch: 2 });
  });

  it('of a dead process of this host is free at once', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    await takeLease(options(store, clock, owner('run-1', child.pid)));
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'FENCED' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect(takeLease(options(store, clock, owner('run-2')))).resolves.toMatchObject({ epoch: 2 });
  });

  it('of the own process gives way to the next thread, but not to a clearing', async () => {
    const [store, clock] = [openStore(), clockAt()];
    await takeLease(options(store, clock, owner('run-1')));
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'FENCED' });
    await expect(takeLease({ ...options(store, clock, owner('run-2')), replaceOwn: true })).resolves.toMatchObject({
      epoch: 2,
    });
  });
});

describe('an owner that seems to be gone', () => {
  it.each([
    ['an hour ago', 3_600_000],
    ['in an hour', -3_600_000],
  ])('by a clock that says it was here %s is watched, and lives when it renews', async (_when, ahead) => {
    const [store, clock] = [openStore(), clockAt()];
    const living = await takeLease(options(store, clock, elsewhere('run-1')));
    const watched: number[] = [];
    const other = {
      now: () => clock.time + ahead,
      sleep: async (ms: number) => {
        watched.push(ms);
        clock.time += ms;
        await living.renew();
      },
    };
    await expect(takeLease(options(store, other, owner('run-2')))).rejects.toMatchObject({ code: 'FENCED' });
    expect(watched).toEqual([ahead > 0 ? LEASE_TIMES.renewalMs * 1.5 : EXPIRY_MS]);
    await living.check();
  });

  it.each([
    ['gave the lease back', 'released', async (lease: Lease) => lease.release()],
    ['fell silent', 'silent', async () => undefined],
  ])('and %s is told apart', async (_what, departure, leave) => {
    const [store, clock] = [openStore(), clockAt()];
    await leave(await takeLease(options(store, clock, elsewhere('run-1'))));
    clock.time += EXPIRY_MS + 1;
    expect(await takeLease(options(store, clock, owner('run-2')))).toMatchObject({ predecessor: departure });
  });

  it('is remembered by the next until it is fenced, also when that one gives the lease back', async () => {
    const [store, clock] = [openStore(), clockAt()];
    await takeLease(options(store, clock, elsewhere('sleeper')));
    clock.time += EXPIRY_MS + 1;
    const second = await takeLease(options(store, clock, owner('run-2')));
    await second.release();
    const third = await takeLease(options(store, clock, owner('run-3')));
    expect([second.predecessor, third.predecessor]).toEqual(['silent', 'silent']);
    await third.settle();
    await third.release();
    expect(await takeLease(options(store, clock, owner('run-4')))).toMatchObject({ predecessor: 'released' });
  });

  it('is not taken for dead by its number alone: another container may count anew', async () => {
    const [store, clock] = [openStore(), clockAt()];
    await takeLease(options(store, clock, owner('run-1', 2 ** 22 + 1)));
    const claim = JSON.parse(String(await store.get('_sluice/epochs/1'))) as object;
    await store.put('_sluice/epochs/1', Buffer.from(JSON.stringify({ ...claim, machine: 'another' })));
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'FENCED' });
    await store.put('_sluice/epochs/1', Buffer.from(JSON.stringify(claim)));
    expect(await takeLease(options(store, clock, owner('run-2')))).toMatchObject({ predecessor: 'dead' });
  });

  it('leaves something under way when it was silent, or when a server may still have it', () => {
    const all = (['none', 'released', 'dead', 'silent'] as const).map((predecessor) => [
      mayStillWrite({ predecessor }, false),
      mayStillWrite({ predecessor }, true),
    ]);
    expect(all).toEqual([
      [false, false],
      [false, false],
      [false, true],
      [true, true],
    ]);
  });
});

describe('an owner that slept', () => {
  it('renews its lease before it writes on', async () => {
    const [store, clock] = [openStore(), clockAt()];
    let passed = 0;
    const sleeper = await takeLease({ ...options(store, clock, elsewhere('run-1')), monotonic: () => passed });
    clock.time += EXPIRY_MS + 1;
    passed += EXPIRY_MS + 1;
    await sleeper.check();
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'FENCED' });
  });

  it('does not write while the lease cannot be renewed', async () => {
    const [store, clock] = [openStore(), clockAt()];
    let passed = 0;
    const away = { ...store, put: () => Promise.reject(new Error('away')) };
    const sleeper = await takeLease({ ...options(away, clock, elsewhere('run-1')), monotonic: () => passed });
    await sleeper.check();
    passed += EXPIRY_MS + 1;
    await expect(sleeper.check()).rejects.toThrow('away');
  });

  it('between looking and claiming owns nothing when others came and went meanwhile', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const slow: ObjectStore = {
      ...store,
      putIfAbsent: async (key, bytes) => {
        for (const each of ['run-2', 'run-3']) {
          await (await takeLease(options(store, clock, elsewhere(each)))).release();
        }
        return store.putIfAbsent(key, bytes);
      },
    };
    await expect(takeLease(options(slow, clock, owner('run-1')))).rejects.toMatchObject({ code: 'FENCED' });
    expect(await takeLease(options(store, clock, owner('run-4')))).toMatchObject({ epoch: 3 });
  });
});

describe('a question that may have been answered a moment ago', () => {
  /** A lease whose store counts how often it is asked. */
  async function openAsked() {
    const [store, clock] = [openStore(), clockAt()];
    const steady = { passed: 0 };
    let asked = 0;
    const counting: ObjectStore = { ...store, list: (prefix) => ((asked += 1), store.list(prefix)) };
    const lease = await takeLease({
      ...options(counting, clock, elsewhere('run-1')),
      monotonic: () => steady.passed,
    });
    asked = 0;
    return { store, clock, steady, lease, asked: () => asked };
  }

  it('is asked once in a renewal, and a real one counts for it', async () => {
    const { clock, steady, lease, asked } = await openAsked();
    for (let each = 0; each < 3; each += 1) await lease.checkLately();
    expect(asked()).toBe(0);
    const wait = (): void => void [(clock.time += LEASE_TIMES.renewalMs), (steady.passed += LEASE_TIMES.renewalMs)];
    wait();
    for (let each = 0; each < 3; each += 1) await lease.checkLately();
    expect(asked()).toBe(1);
    wait();
    await lease.check();
    await lease.checkLately();
    expect(asked()).toBe(2);
  });

  it.each([
    ['the machine slept', 0, LEASE_TIMES.renewalMs],
    ['the clock was set back', 1, -1],
    ['the process slept', LEASE_TIMES.renewalMs, 0],
  ])('is asked again when %s, and tells who took over', async (_what, passed, time) => {
    const { store, clock, steady, lease } = await openAsked();
    clock.time += EXPIRY_MS + 1;
    await takeLease(options(store, clock, owner('run-2')));
    clock.time += time - EXPIRY_MS - 1;
    steady.passed += passed;
    await expect(lease.checkLately()).rejects.toMatchObject({ code: 'FENCED' });
  });
});

describe('an owner that was taken over', () => {
  it('is fenced, and told by whom', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const zombie = await takeLease(options(store, clock, elsewhere('run-1')));
    await zombie.check();
    clock.time += EXPIRY_MS + 1;
    await takeLease(options(store, clock, owner('run-2')));
    expect(await zombie.isMine()).toBe(false);
    await expect(zombie.check()).rejects.toMatchObject({
      code: 'FENCED',
      seen: expect.stringContaining('(run run-2)'),
    });
  });

  it('cannot renew or give back what is no longer its own', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const zombie = await takeLease(options(store, clock, elsewhere('run-1')));
    clock.time += EXPIRY_MS + 1;
    const heir = await takeLease(options(store, clock, owner('run-2')));
    await zombie.renew();
    await zombie.release();
    expect(await heir.isMine()).toBe(true);
    expect(await readLease(store, clock)).toMatchObject({ runId: 'run-2' });
  });

  it('does not mislead anybody when its renewal lands late', async () => {
    const [store, clock] = [openStore(), clockAt()];
    await takeLease(options(store, clock, elsewhere('run-1')));
    const late = await store.get('_sluice/epochs/1');
    clock.time += EXPIRY_MS + 1;
    const heir = await takeLease(options(store, clock, owner('run-2')));
    await store.put('_sluice/epochs/1', late ?? Buffer.alloc(0));
    await heir.check();
    expect(await readLease(store, clock)).toMatchObject({ runId: 'run-2', epoch: 2 });
  });
});

it('tells a process from another that got its number', () => {
  expect(isAlive(process.pid, processStart(process.pid))).toBe(true);
  expect(isAlive(process.pid, null)).toBe(true);
  if (processStart(process.pid) !== null) expect(isAlive(process.pid, '1')).toBe(false);
  expect(isAlive(2 ** 22 + 1, null)).toBe(false);
});
