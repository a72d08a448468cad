import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { LEASE_EXPIRY_MS, readLease, takeLease, type LeaseOptions } from '../../../src/pipeline/ownership/lease.ts';
import { isAlive, processStart } from '../../../src/pipeline/ownership/process.ts';
import type { Clock, ObjectStore } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { tempFolder } from '../support/temp.ts';

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
      code: 'OWNED_BY_OTHER',
      seen: expect.stringMatching(/run run-1, process 1 on other-host, since 1970/),
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
    clock.time += LEASE_EXPIRY_MS - 1;
    await first.renew();
    clock.time += LEASE_EXPIRY_MS;
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'OWNED_BY_OTHER' });
    clock.time += 1;
    await expect(takeLease(options(store, clock, owner('run-2')))).resolves.toMatchObject({ epoch: 2 });
  });

  it('of a dead process of this host is free at once', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    await takeLease(options(store, clock, owner('run-1', child.pid)));
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'OWNED_BY_OTHER' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect(takeLease(options(store, clock, owner('run-2')))).resolves.toMatchObject({ epoch: 2 });
  });

  it('of the own process gives way to the next thread, but not to a clearing', async () => {
    const [store, clock] = [openStore(), clockAt()];
    await takeLease(options(store, clock, owner('run-1')));
    await expect(takeLease(options(store, clock, owner('run-2')))).rejects.toMatchObject({ code: 'OWNED_BY_OTHER' });
    await expect(takeLease({ ...options(store, clock, owner('run-2')), replaceOwn: true })).resolves.toMatchObject({
      epoch: 2,
    });
  });
});

describe('an owner that was taken over', () => {
  it('is fenced, and told by whom', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const zombie = await takeLease(options(store, clock, elsewhere('run-1')));
    await zombie.check();
    clock.time += LEASE_EXPIRY_MS + 1;
    await takeLease(options(store, clock, owner('run-2')));
    expect(await zombie.isMine()).toBe(false);
    await expect(zombie.check()).rejects.toMatchObject({ code: 'FENCED', seen: expect.stringContaining('run run-2') });
  });

  it('cannot renew or give back what is no longer its own', async () => {
    const [store, clock] = [openStore(), clockAt()];
    const zombie = await takeLease(options(store, clock, elsewhere('run-1')));
    clock.time += LEASE_EXPIRY_MS + 1;
    const heir = await takeLease(options(store, clock, owner('run-2')));
    await zombie.renew();
    await zombie.release();
    expect(await heir.isMine()).toBe(true);
    expect(await readLease(store, clock)).toMatchObject({ runId: 'run-2' });
  });

  it('does not mislead anybody when its renewal lands late', async () => {
    const [store, clock] = [openStore(), clockAt()];
    await takeLease(options(store, clock, elsewhere('run-1')));
    const late = await store.get('_sluice/lease');
    clock.time += LEASE_EXPIRY_MS + 1;
    const heir = await takeLease(options(store, clock, owner('run-2')));
    await store.put('_sluice/lease', late ?? Buffer.alloc(0));
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
