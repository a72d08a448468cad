import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConsoleEvent, Snapshot } from '../../src/console/contract.ts';
import { createSnapshotStore } from '../../src/console/snapshot.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const empty = { notices: [], services: [] } as unknown as Snapshot;
const notice = (id: number) => [{ id: String(id), level: 'info', text: '' }] as const;

test('changed parts are told four times a second at most, the latest only', () => {
  const store = createSnapshotStore(empty);
  const heard: ConsoleEvent[] = [];
  store.subscribe((event) => heard.push(event));
  for (let at = 0; at < 1_000; at += 10) {
    store.set('notices', notice(at));
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(500);
  expect(heard.length).toBeLessThanOrEqual(5);
  expect(heard.at(-1)).toEqual({ type: 'parts', parts: { notices: notice(990) } });
  expect(store.get().notices[0]?.id).toBe('990');
});

test('what is set to the same value is not told', () => {
  const store = createSnapshotStore(empty);
  const heard: ConsoleEvent[] = [];
  store.subscribe((event) => heard.push(event));
  store.set('services', empty.services);
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual([]);
});

test('a flood of lines is cut to the newest, in one message', () => {
  const store = createSnapshotStore(empty);
  const heard: ConsoleEvent[] = [];
  store.subscribe((event) => heard.push(event));
  for (let id = 1; id <= 1_000; id++) store.addLog({ id, at: 0, level: 'info', source: 'console', message: '' });
  vi.advanceTimersByTime(1_000);
  expect(heard).toHaveLength(1);
  expect(heard[0]?.type === 'logs' && heard[0].lines.map(({ id }) => id)).toEqual(
    Array.from({ length: 200 }, (_, index) => 801 + index),
  );
});

test('without a listener nothing waits, and who comes later hears only what changes then', () => {
  const store = createSnapshotStore(empty);
  store.set('notices', notice(1));
  const heard: ConsoleEvent[] = [];
  const stop = store.subscribe((event) => heard.push(event));
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  stop();
  expect(store.listeners()).toBe(0);
});
