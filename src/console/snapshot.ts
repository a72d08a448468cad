/** The one snapshot: parts are replaced as a whole, and changed parts are told at most four times a second, the latest only. */
import type { ConsoleEvent, LogEntry, Snapshot, SnapshotPart } from './contract.ts';

export interface SnapshotStore {
  get(): Snapshot;
  set<P extends SnapshotPart>(part: P, value: Snapshot[P]): void;
  addLog(entry: LogEntry): void;
  subscribe(listener: (event: ConsoleEvent) => void): () => void;
  listeners(): number;
  /** Tells what is still to be told. */
  flush(): void;
}

const INTERVAL_MS = 250;
/** A flood of lines is cut in what is pushed; all of them can be read with `logs.read`. */
const MAX_PUSHED_LINES = 200;

export function createSnapshotStore(initial: Snapshot, intervalMs = INTERVAL_MS): SnapshotStore {
  const listeners = new Set<(event: ConsoleEvent) => void>();
  let snapshot = initial;
  let changed = new Set<SnapshotPart>();
  let lines: LogEntry[] = [];
  let lastFlush = 0;
  let timer: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (listeners.size === 0) return forget();
    timer ??= setTimeout(flush, Math.max(0, lastFlush + intervalMs - Date.now()));
  }

  /** Nobody listens: who comes later reads the snapshot. */
  function forget(): void {
    changed = new Set();
    lines = [];
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    lastFlush = Date.now();
    const parts = Object.fromEntries([...changed].map((part) => [part, snapshot[part]])) as Partial<Snapshot>;
    const events: ConsoleEvent[] = [];
    if (changed.size > 0) events.push({ type: 'parts', parts });
    if (lines.length > 0) events.push({ type: 'logs', lines });
    forget();
    for (const event of events) for (const listener of [...listeners]) listener(event);
  }

  return {
    get: () => snapshot,
    set: (part, value) => {
      if (Object.is(snapshot[part], value)) return;
      snapshot = { ...snapshot, [part]: value };
      changed.add(part);
      schedule();
    },
    addLog: (entry) => {
      lines.push(entry);
      if (lines.length > MAX_PUSHED_LINES) lines = lines.slice(-MAX_PUSHED_LINES);
      schedule();
    },
    subscribe: (listener) => {
      // A wrapper of its own, so that one function can listen twice and stop once.
      const entry = (event: ConsoleEvent): void => listener(event);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    listeners: () => listeners.size,
    flush,
  };
}
