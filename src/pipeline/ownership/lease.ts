/**
 * Who may write to a checkpoint: the holder of its lease. Every take has an epoch of its own, claimed by creating
 * `_sluice/epochs/<epoch>` (of racing takers one succeeds), and the highest epoch is the owner. An owner renews its own
 * claim alone: what a run that was taken over still writes there says nothing any more.
 */
import type { LeaseView } from '../events.ts';
import type { JobSettings } from '../job-settings.ts';
import type { Clock, ObjectStore } from '../ports.ts';
import { fenced, unreadable } from './lease-errors.ts';
import { isDead, thisMachine } from './process.ts';

export interface LeaseTimes {
  /** A lease that has not been renewed for this long may be taken, ms. */
  readonly expiryMs: number;
  readonly renewalMs: number;
}

export const LEASE_TIMES: LeaseTimes = { expiryMs: 60_000, renewalMs: 10_000 };

const EPOCHS = '_sluice/epochs/';

/**
 * How the owner before left: `released`: it said so; `dead`: its process is gone from this machine, but what it has sent
 * to a server may still arrive there; `silent`: it may wake up and go on with the write that it was about to make.
 */
export type Departure = 'none' | 'released' | 'dead' | 'silent';

/**
 * Whether something that the owner before has begun to write may still arrive.
 * @param outlives true for a server: it may have taken a request whose sender has died since
 */
export function mayStillWrite({ predecessor }: Pick<Lease, 'predecessor'>, outlives: boolean): boolean {
  return predecessor === 'silent' || (predecessor === 'dead' && outlives);
}

export interface Lease {
  readonly epoch: number;
  /** Of those before that nobody has fenced yet, the one who may do most. */
  readonly predecessor: Departure;
  /** Whether this run may still write. Asked right before each commit step; throws when the store is away. */
  isMine(): Promise<boolean>;
  /** Throws FENCED, naming the new owner, when somebody else has taken over. */
  check(): Promise<void>;
  /**
   * The same, but an answer that is younger than a renewal is good enough. For writes that do no harm when they come
   * late: asking cannot protect them from a sleep between question and write either.
   */
  checkLately(): Promise<void>;
  renew(): Promise<void>;
  /** Notes that nothing of those before can arrive any more, so that the next owner need not fence them again. */
  settle(): Promise<void>;
  /** Gives the lease back, so that the next owner need not wait. Does nothing when it is lost already. */
  release(): Promise<void>;
}

/** What a claim holds: who, since when, and how to tell whether it still lives. */
export interface Claim extends LeaseView {
  /** When the owner's process started, to tell it from another with the same number. */
  readonly started: string | null;
  /** Which running system its process number belongs to. */
  readonly machine: string | null;
  readonly expiryMs: number;
  readonly renewalMs: number;
  readonly released: boolean;
  /** How the one before left, until it is fenced. */
  readonly predecessor: Departure;
}

export interface LeaseOptions {
  readonly store: ObjectStore;
  readonly owner: JobSettings['owner'];
  readonly clock: Clock;
  /** True for a query: its host starts the next thread only when the last one has ended, so its own process never blocks it. */
  readonly replaceOwn: boolean;
  readonly times?: LeaseTimes;
  /** Ends the watching of an owner that seems to be gone. */
  readonly signal?: AbortSignal;
  /** ms that no change of the clock moves. */
  readonly monotonic?: () => number;
}

/** Takes the lease, or throws FENCED naming who holds it. */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { store } = options;
  const current = await readOwner(store);
  const departure = current ? await departureOf(current, options) : 'none';
  if (departure === null) throw fenced('Taking the lease of the checkpoint', current);
  const mine = newClaim(options, (current?.epoch ?? 0) + 1, worst(departure, current?.predecessor ?? 'none'));
  const claimed = await store.putIfAbsent(keyOf(mine.epoch), serialize(mine));
  // A taker that slept between looking and claiming may have claimed an epoch of the past.
  if (claimed === 'exists' || (await highestEpoch(store)) !== mine.epoch) {
    throw fenced('Taking the lease of the checkpoint', await readOwner(store));
  }
  await deleteOlderClaims(store, mine.epoch);
  return hold(options, mine);
}

/** Who holds the lease now, or null. */
export async function readLease(store: ObjectStore, clock: Clock): Promise<LeaseView | null> {
  const current = await readOwner(store);
  if (!current || current.released || isDead(current)) return null;
  if (clock.now() - current.renewedAt > expiryOf(current)) return null;
  const { runId, host, pid, epoch, since, renewedAt, engine } = current;
  return { runId, host, pid, epoch, since, renewedAt, ...(engine ? { engine } : {}) };
}

function newClaim({ owner, clock, times = LEASE_TIMES }: LeaseOptions, epoch: number, predecessor: Departure): Claim {
  const now = clock.now();
  return {
    ...owner,
    epoch,
    since: now,
    renewedAt: now,
    ...thisMachine(owner.pid),
    ...times,
    released: false,
    predecessor,
  };
}

function hold(options: LeaseOptions, first: Claim): Lease {
  const { store, clock, monotonic = () => performance.now() } = options;
  const { epoch, expiryMs, renewalMs, predecessor } = first;
  let mine = first;
  let renewed = monotonic();
  let known = { at: renewed, time: clock.now() };
  const isNewest = async (): Promise<boolean> => {
    const asked = { at: monotonic(), time: clock.now() };
    if ((await highestEpoch(store)) !== epoch) return false;
    known = asked;
    return true;
  };
  /** By both clocks: one stands still while a machine sleeps, the other can be set. */
  const isKnown = (): boolean => {
    const age = clock.now() - known.time;
    return age >= 0 && Math.max(age, monotonic() - known.at) < renewalMs;
  };
  const write = async (changes: Partial<Claim>): Promise<void> => {
    const began = monotonic();
    if (!(await isNewest())) return;
    mine = { ...mine, ...changes, renewedAt: clock.now() };
    await store.put(keyOf(epoch), serialize(mine));
    renewed = began;
  };
  const renew = (): Promise<void> => write({});
  /** Who could not renew for long, because it slept or the store was away, does so before it writes on. */
  const isMine = async (): Promise<boolean> => {
    if (monotonic() - renewed > expiryMs / 2) await renew();
    return isNewest();
  };
  const check = async (): Promise<void> => {
    if (!(await isMine())) throw fenced('Writing to the checkpoint', await readOwner(store));
  };
  return {
    epoch,
    predecessor,
    isMine,
    check,
    checkLately: async () => {
      if (!isKnown()) await check();
    },
    renew,
    settle: () => write({ predecessor: 'none' }),
    release: () => write({ released: true }),
  };
}

const DEPARTURES: readonly Departure[] = ['none', 'released', 'dead', 'silent'];

/** Who took over from a sleeper and died before it had fenced it leaves that to the next. */
function worst(a: Departure, b: Departure): Departure {
  return DEPARTURES.indexOf(a) > DEPARTURES.indexOf(b) ? a : b;
}

/** How the owner left, or null when it is still there. */
async function departureOf(current: Claim, options: LeaseOptions): Promise<Departure | null> {
  const { owner, clock, replaceOwn } = options;
  if (current.released) return 'released';
  if ((replaceOwn && isSame(current, owner)) || isDead(current)) return 'dead';
  const age = clock.now() - current.renewedAt;
  if (age <= expiryOf(current) && age >= -expiryOf(current)) return null;
  return (await isSilent(current, age, options)) ? 'silent' : null;
}

function isSame(current: Claim, { host, pid }: JobSettings['owner']): boolean {
  const { started, machine } = thisMachine(pid);
  return current.host === host && current.pid === pid && current.started === started && current.machine === machine;
}

/**
 * Times of two machines cannot be compared, and clocks are set: whoever seems to be long gone, or to come from the
 * future, is watched for a while, and lives when its lease is renewed.
 */
async function isSilent(current: Claim, age: number, { store, clock, signal }: LeaseOptions): Promise<boolean> {
  const renewalMs = current.renewalMs ?? LEASE_TIMES.renewalMs;
  const watch = signal ?? new AbortController().signal;
  await clock.sleep(age < 0 ? expiryOf(current) : renewalMs * 1.5, watch);
  const after = await readOwner(store);
  return after?.epoch === current.epoch && after.renewedAt === current.renewedAt && !after.released && !watch.aborted;
}

/** The newest claim, whether it still counts or not; null for none. */
export async function readOwner(store: ObjectStore): Promise<Claim | null> {
  const epoch = await highestEpoch(store);
  const bytes = epoch === null ? null : await store.get(keyOf(epoch));
  if (bytes === null) return null;
  try {
    return JSON.parse(bytes.toString('utf8')) as Claim;
  } catch (cause) {
    throw unreadable(bytes, cause);
  }
}

async function highestEpoch(store: ObjectStore): Promise<number | null> {
  const epochs = (await store.list(EPOCHS)).map(({ key }) => epochOf(key)).filter(Number.isInteger);
  return epochs.length === 0 ? null : Math.max(...epochs);
}

async function deleteOlderClaims(store: ObjectStore, epoch: number): Promise<void> {
  for (const { key } of await store.list(EPOCHS)) {
    if (epochOf(key) < epoch) await store.delete(key);
  }
}

const expiryOf = (claim: Claim): number => claim.expiryMs ?? LEASE_TIMES.expiryMs;
const epochOf = (key: string): number => Number(key.slice(EPOCHS.length));
const keyOf = (epoch: number): string => EPOCHS + epoch;
const serialize = (claim: Claim): Buffer => Buffer.from(JSON.stringify(claim));
