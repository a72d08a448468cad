/**
 * Keeps the parts of the snapshot true that must be asked for: lag, checkpoints, table, totals, frauds, deliveries.
 * It asks often while there is work and somebody looks, and seldom otherwise.
 */
import { QUERY_NAMES, type QueryName } from '../pipeline/events.ts';
import type { JobSettings } from '../pipeline/job-settings.ts';
import type { Answers, Inspector, Question } from './inspector.ts';
import { addSample, EMPTY_LAG, type LagMemory } from './lag.ts';
import { AWAY_MS } from './runner.ts';
import type { SnapshotStore } from './snapshot.ts';

export interface Watch {
  start(): void;
  stop(): void;
  /** Something has happened to a query: its parts are to be asked for again. */
  touch(query: QueryName): void;
  /** Something has happened to the dead letters beside the batches. */
  touchQuarantine(): void;
  /** Asks for all that is out of date; resolves when the snapshot is true. Never rejects. */
  refresh(): Promise<void>;
}

export interface WatchOptions {
  readonly inspector: Inspector;
  readonly store: SnapshotStore;
  readonly job: (query: QueryName) => JobSettings;
  /** True for a query that others may run: nothing but looking tells what they do. */
  readonly isAway: (query: QueryName) => boolean;
  /** Called after each look, so that the verdicts follow. */
  readonly onLook: () => void;
  readonly onTrouble: (message: string) => void;
}

const TICK_MS = 1_000;
/** How long after the last change it is still looked every tick. */
const BUSY_MS = 10_000;
const QUIET_LAG_MS = 3_000;
const ALONE_LAG_MS = 10_000;
const PARTS_MS = 2_000;
/** Counts of the last hour change by themselves. */
const WINDOW_MS = 30_000;

export function createWatch({ inspector, store, job, isAway, onLook, onTrouble }: WatchOptions): Watch {
  const memory: Record<QueryName, LagMemory> = { bronze: EMPTY_LAG, alert: EMPTY_LAG };
  const dirty = new Set<QueryName>(QUERY_NAMES);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let refreshing: Promise<void> | undefined;
  let changedAt = Date.now();
  let lagAt = 0;
  let partsAt = 0;
  let trouble = '';
  let foundBefore = -1;
  let quarantineAt = 0;
  const lookedAt: Record<QueryName, number> = { bronze: 0, alert: 0 };

  const ask = <Q extends Question>(question: Q, query: QueryName): Promise<Answers[Q] | null> =>
    quietly(() => inspector.ask(question, job(query)));

  async function quietly<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const answer = await work();
      trouble = '';
      return answer;
    } catch (error) {
      const { message } = error as Error;
      // The same trouble every second is one line.
      if (message !== trouble) onTrouble(message);
      trouble = message;
      return null;
    }
  }

  async function lookAtLag(query: QueryName): Promise<void> {
    const partitions = await ask('lag', query);
    const before = memory[query].view;
    memory[query] = addSample(memory[query], { at: Date.now(), partitions });
    const { view } = memory[query];
    if (view?.total !== before?.total || view?.produced !== 0 || view.consumed !== 0) changedAt = Date.now();
    store.set('lag', { ...store.get().lag, [query]: view });
  }

  async function lookAtParts(query: QueryName): Promise<void> {
    dirty.delete(query);
    lookedAt[query] = Date.now();
    const checkpoint = await ask('inspect', query);
    if (checkpoint) store.set('checkpoints', { ...store.get().checkpoints, [query]: checkpoint });
    await (query === 'bronze' ? lookAtTable() : lookAtAlerts());
  }

  async function lookAtTable(): Promise<void> {
    const table = await ask('table', 'bronze');
    if (table) store.set('table', table);
  }

  async function lookAtAlerts(): Promise<void> {
    const [totals, frauds, deliveries] = await Promise.all([
      ask('totals', 'alert'),
      ask('frauds', 'alert'),
      ask('deliveries', 'alert'),
    ]);
    if (totals) store.set('totals', totals);
    if (frauds) store.set('frauds', frauds);
    if (deliveries) store.set('deliveries', deliveries);
    const under = totals ? totals.deliveries.pending + totals.deliveries.sending + totals.deliveries.ambiguous : 0;
    if (under > 0 || (totals?.pendingRows ?? 0) > 0) dirty.add('alert');
  }

  /** Looked at when a batch has found something, and now and then: letters of the fraud API come beside the batches. */
  async function lookAtQuarantine(now: number): Promise<void> {
    const found = countFound(store);
    const isUnread = (store.get().quarantine?.unreadFiles ?? 0) > 0;
    if (found === foundBefore && now - quarantineAt < WINDOW_MS && !isUnread) return;
    [foundBefore, quarantineAt] = [found, now];
    const jobs = { bronze: job('bronze'), alert: job('alert') };
    const view = await quietly(() => inspector.askQuarantine({ about: 'count' }, jobs));
    if (view && JSON.stringify(view) !== JSON.stringify(store.get().quarantine)) store.set('quarantine', view);
  }

  async function look(now: number, all: boolean): Promise<void> {
    if (all || now - lagAt >= lagInterval(now)) {
      lagAt = now;
      await Promise.all(QUERY_NAMES.map(lookAtLag));
    }
    if (all || (store.listeners() > 0 && now - partsAt >= PARTS_MS)) {
      if (now - partsAt >= WINDOW_MS) dirty.add('alert');
      for (const query of QUERY_NAMES) if (isAway(query) && (all || now - lookedAt[query] >= AWAY_MS)) dirty.add(query);
      if (dirty.size > 0) partsAt = now;
      await Promise.all([...dirty].map(lookAtParts));
      await lookAtQuarantine(now);
    }
    onLook();
  }

  function lagInterval(now: number): number {
    if (store.listeners() === 0) return ALONE_LAG_MS;
    return now - changedAt < BUSY_MS ? 0 : QUIET_LAG_MS;
  }

  /** One look at a time. */
  function lookNext(all: boolean): Promise<void> {
    const before = running ?? Promise.resolve();
    running = before
      .then(() => {
        if (all) refreshing = undefined;
        return look(Date.now(), all);
      })
      .catch((error: unknown) => onTrouble((error as Error).message));
    return running;
  }

  function tick(): void {
    void lookNext(false).then(() => {
      if (timer !== undefined) timer = setTimeout(tick, TICK_MS);
    });
  }

  return {
    start: () => {
      timer = setTimeout(tick, 0);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
    touch: (query) => {
      changedAt = Date.now();
      dirty.add(query);
    },
    touchQuarantine: () => {
      foundBefore = -1;
    },
    // All who ask before the look begins share it.
    refresh: () => (refreshing ??= lookNext(true)),
  };
}

/** Dead letters and notes of all batches of both queries since they were started. */
function countFound(store: SnapshotStore): number {
  const { bronze, alert } = store.get().queries;
  return [bronze, alert].reduce((sum, { totals }) => sum + totals.deadLetters + totals.notes, 0);
}
