/**
 * Who may write to a checkpoint: the holder of `_sluice/lease`. Every take has an epoch of its own, claimed by creating
 * `_sluice/epochs/<epoch>` (of racing takers one succeeds): the highest epoch is the owner, whatever the lease says.
 */
import os from 'node:os';
import { SluiceError } from '../errors.ts';
import type { LeaseView } from '../events.ts';
import type { JobSettings } from '../job-settings.ts';
import type { Clock, ObjectStore } from '../ports.ts';
import { isAlive, processStart } from './process.ts';

/** A lease that has not been renewed for this long may be taken, ms. */
export const LEASE_EXPIRY_MS = 60_000;
export const LEASE_RENEWAL_MS = 10_000;

const LEASE = '_sluice/lease';
const EPOCHS = '_sluice/epochs/';

export interface Lease {
  readonly epoch: number;
  /** Whether this run may still write. Asked right before each commit step. */
  isMine(): Promise<boolean>;
  /** Throws FENCED, naming the new owner, when somebody else has taken over. */
  check(): Promise<void>;
  renew(): Promise<void>;
  /** Gives the lease back, so that the next owner need not wait. Does nothing when it is lost already. */
  release(): Promise<void>;
}

interface LeaseFile extends LeaseView {
  /** When the owner's process started, to tell it from another with the same number. */
  readonly started: string | null;
  readonly released: boolean;
}

export interface LeaseOptions {
  readonly store: ObjectStore;
  readonly owner: JobSettings['owner'];
  readonly clock: Clock;
  /** True for a query: its host starts the next thread only when the last one has ended, so its own process never blocks it. */
  readonly replaceOwn: boolean;
}

/** Takes the lease, or throws OWNED_BY_OTHER naming who holds it. */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { store, owner, clock } = options;
  const current = await readOwner(store);
  if (current && isHeld(current, options)) throw ownedByOther(current);
  const now = clock.now();
  const epoch = (current?.epoch ?? 0) + 1;
  const mine: LeaseFile = {
    ...owner,
    epoch,
    since: now,
    renewedAt: now,
    started: processStart(owner.pid),
    released: false,
  };
  const claimed = await store.putIfAbsent(epochKey(epoch), serialize(mine));
  if (claimed === 'exists') throw ownedByOther((await readOwner(store)) ?? mine);
  await store.put(LEASE, serialize(mine));
  await deleteOlderEpochs(store, epoch);
  return holdLease(options, mine);
}

/** Who holds the lease now, or null. */
export async function readLease(store: ObjectStore, clock: Clock): Promise<LeaseView | null> {
  const current = await readOwner(store);
  if (!current || current.released || isGone(current, clock)) return null;
  const { runId, host, pid, epoch, since, renewedAt } = current;
  return { runId, host, pid, epoch, since, renewedAt };
}

function holdLease({ store, clock }: LeaseOptions, mine: LeaseFile): Lease {
  const isMine = async (): Promise<boolean> => (await highestEpoch(store)) === mine.epoch;
  const write = async (changes: Partial<LeaseFile>): Promise<void> => {
    if (await isMine()) await store.put(LEASE, serialize({ ...mine, ...changes }));
  };
  return {
    epoch: mine.epoch,
    isMine,
    check: async () => {
      if (!(await isMine())) throw fenced(await readOwner(store));
    },
    renew: () => write({ renewedAt: clock.now() }),
    release: () => write({ renewedAt: clock.now(), released: true }),
  };
}

function isHeld(current: LeaseFile, { owner, clock, replaceOwn }: LeaseOptions): boolean {
  if (current.released || isGone(current, clock)) return false;
  const isOwn = current.host === owner.host && current.pid === owner.pid;
  return !(isOwn && replaceOwn);
}

function isGone(lease: LeaseFile, clock: Clock): boolean {
  if (clock.now() - lease.renewedAt > LEASE_EXPIRY_MS) return true;
  return lease.host === os.hostname() && !isAlive(lease.pid, lease.started);
}

/** The claim of the highest epoch, with the newer times of the lease file when that is of the same epoch. */
async function readOwner(store: ObjectStore): Promise<LeaseFile | null> {
  const epoch = await highestEpoch(store);
  if (epoch === null) return null;
  const lease = parse(await store.get(LEASE));
  return lease?.epoch === epoch ? lease : parse(await store.get(epochKey(epoch)));
}

async function highestEpoch(store: ObjectStore): Promise<number | null> {
  const claims = await store.list(EPOCHS);
  const epochs = claims.map(({ key }) => Number(key.slice(EPOCHS.length))).filter(Number.isInteger);
  return epochs.length === 0 ? null : Math.max(...epochs);
}

async function deleteOlderEpochs(store: ObjectStore, epoch: number): Promise<void> {
  for (const { key } of await store.list(EPOCHS)) {
    if (Number(key.slice(EPOCHS.length)) < epoch) await store.delete(key);
  }
}

function parse(bytes: Buffer | null): LeaseFile | null {
  if (bytes === null) return null;
  try {
    return JSON.parse(bytes.toString('utf8')) as LeaseFile;
  } catch (cause) {
    throw new SluiceError('CHECKPOINT_CORRUPT', {
      tried: 'Reading the lease beside the checkpoint',
      seen: bytes.toString('utf8').slice(0, 80),
      expected: 'who owns the checkpoint, as JSON',
      action: 'Make sure that nothing else uses this checkpoint, then delete its folder _sluice.',
      cause,
    });
  }
}

const epochKey = (epoch: number): string => EPOCHS + epoch;
const serialize = (lease: LeaseFile): Buffer => Buffer.from(JSON.stringify(lease));
const describe = (lease: LeaseFile): string =>
  `run ${lease.runId}, process ${lease.pid} on ${lease.host}, since ${new Date(lease.since).toISOString()}`;

function ownedByOther(current: LeaseFile): SluiceError {
  return new SluiceError('OWNED_BY_OTHER', {
    tried: 'Taking the lease of the checkpoint',
    seen: `it is held by ${describe(current)}`,
    expected: 'a checkpoint that nobody uses',
    action: 'Stop the other one first; the lease of a dead one is free after 60 seconds at the latest.',
  });
}

function fenced(owner: LeaseFile | null): SluiceError {
  return new SluiceError('FENCED', {
    tried: 'Writing to the checkpoint',
    seen: owner ? `it has been taken over by ${describe(owner)}` : 'the lease is gone',
    expected: 'to hold the lease',
    action: 'Nothing is lost: the new owner goes on from the last batch. Start here again once it has stopped.',
  });
}
