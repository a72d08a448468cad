/**
 * What the window knows: one snapshot, kept current by the parts that the console sends, and the newest log lines.
 * It lives outside of React; a component reads one value of it through {@link useView}.
 */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { ConsoleEvent, ErrorView, LogEntry, Snapshot } from '../console/contract.ts';
import { ask, CommandError, type Bridge } from './bridge.ts';

/** Older lines stay in the log file; a list that never ends would eat the window's memory. */
export const MOST_LOG_LINES = 5_000;

export interface View {
  /** Null until the console has answered for the first time. */
  readonly snapshot: Snapshot | null;
  /** Oldest first. */
  readonly logs: readonly LogEntry[];
  /** Why there is no snapshot, when the console could not start. */
  readonly failure: ErrorView | null;
  /** When the console was last heard, ms. */
  readonly heardAt: number;
}

export interface Store {
  readonly bridge: Bridge;
  get(): View;
  subscribe(listener: () => void): () => void;
}

/** Listens first and asks then, so that nothing falls in between. */
export function createStore(bridge: Bridge): Store {
  let view: View = { snapshot: null, logs: [], failure: null, heardAt: Date.now() };
  let early: Partial<Snapshot> = {};
  const listeners = new Set<() => void>();
  const set = (change: Partial<View>) => {
    view = { ...view, ...change, heardAt: Date.now() };
    for (const listener of listeners) listener();
  };

  bridge.subscribe((event: ConsoleEvent) => {
    if (event.type === 'logs') set({ logs: joinLogs(view.logs, event.lines) });
    else if (view.snapshot) set({ snapshot: { ...view.snapshot, ...event.parts } });
    else early = { ...early, ...event.parts };
  });
  ask(bridge, 'snapshot', {}).then(
    (snapshot) => set({ snapshot: { ...snapshot, ...early } }),
    (error: unknown) => set({ failure: error instanceof CommandError ? error.view : unexpected(error) }),
  );
  ask(bridge, 'logs.read', { limit: 1000 }).then(
    ({ lines }) => set({ logs: joinLogs(lines, view.logs) }),
    // Without a console there is no log either, and the failure above says so.
    () => undefined,
  );

  return {
    bridge,
    get: () => view,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Appends what is newer; the numbers of the lines make doubles visible. */
export function joinLogs(older: readonly LogEntry[], newer: readonly LogEntry[]): readonly LogEntry[] {
  const last = older.at(-1)?.id ?? -1;
  const added = newer.filter(({ id }) => id > last);
  return added.length === 0 ? older : [...older, ...added].slice(-MOST_LOG_LINES);
}

const StoreContext = createContext<Store | null>(null);
export const StoreProvider = StoreContext.Provider;

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error('a component of the window was drawn outside of its StoreProvider');
  return store;
}

/** One value of what the window knows; the component is drawn again only when this value changes. */
export function useView<T>(select: (view: View) => T): T {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

/** One part of the snapshot; null until it is known. */
export function usePart<K extends keyof Snapshot>(part: K): Snapshot[K] | null {
  return useView((view) => view.snapshot?.[part] ?? null);
}

function unexpected(error: unknown): ErrorView {
  const seen = error instanceof Error ? error.message : String(error);
  return {
    code: 'INTERNAL',
    message: seen,
    tried: 'Asking the console for its state',
    seen,
    expected: 'an answer',
    action: 'Quit Sluice and start it again.',
    retryable: true,
  };
}
