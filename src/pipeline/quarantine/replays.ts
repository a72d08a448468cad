/**
 * What has been replayed, in files beside the letters: `replays/<query id>/<number>.json` promises a set of letters before
 * anything is written, `<number>.done.json` tells what became of it. A promise without a `done` is finished first.
 */
import { SluiceError } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';

/** Partition -> offsets, both decimal text. */
export type ReplayedOffsets = Readonly<Record<string, readonly string[]>>;

export interface ReplayPromise {
  readonly number: number;
  readonly queryId: string;
  readonly cluster: string;
  readonly topic: string;
  /** Time of the replay, ms: the rows carry it, also when they are written by a second try. */
  readonly timestamp: number;
  readonly offsets: ReplayedOffsets;
}

export interface ReplayDone extends ReplayPromise {
  /** Null for a query that writes no table. */
  readonly deltaVersion: number | null;
}

export interface ReplayLog {
  /** All that is done, oldest first. What was read once is not read again. */
  done(): Promise<readonly ReplayDone[]>;
  /** The promises of a query that are not done, oldest first, and the next free number. */
  open(queryId: string): Promise<{ readonly promises: readonly ReplayPromise[]; readonly next: number }>;
  promise(promise: ReplayPromise): Promise<void>;
  finish(done: ReplayDone): Promise<void>;
}

const FOLDER = 'replays/';

export function openReplayLog(store: ObjectStore): ReplayLog {
  const read = new Map<string, ReplayDone>();

  async function done(): Promise<readonly ReplayDone[]> {
    const keys = (await store.list(FOLDER)).map(({ key }) => key).filter((key) => key.endsWith('.done.json'));
    for (const key of keys) {
      if (!read.has(key)) read.set(key, await readJson<ReplayDone>(store, key));
    }
    return keys.map((key) => read.get(key) as ReplayDone);
  }

  async function open(queryId: string): Promise<{ promises: readonly ReplayPromise[]; next: number }> {
    const keys = (await store.list(`${FOLDER}${queryId}/`)).map(({ key }) => key);
    const numbers = [...new Set(keys.map(numberOf))].sort((a, b) => a - b);
    const unfinished = numbers.filter((number) => !keys.includes(doneKey({ queryId, number })));
    const promises = [];
    for (const number of unfinished) {
      promises.push(await readJson<ReplayPromise>(store, promiseKey({ queryId, number })));
    }
    return { promises, next: (numbers.at(-1) ?? 0) + 1 };
  }

  return {
    done,
    open,
    promise: async (promise) => {
      if ((await store.putIfAbsent(promiseKey(promise), serialize(promise))) === 'exists') throw fenced(promise);
    },
    finish: (finished) => store.put(doneKey(finished), serialize(finished)),
  };
}

/** `17 and 19 of partition 3` as the set that is written down. */
export function toOffsetSet(
  places: readonly { readonly partition: number; readonly offset: string }[],
): ReplayedOffsets {
  const set: Record<string, string[]> = {};
  for (const { partition, offset } of places) (set[partition] ??= []).push(offset);
  return set;
}

export function* eachOffset(offsets: ReplayedOffsets): Iterable<{ partition: number; offset: string }> {
  for (const [partition, list] of Object.entries(offsets)) {
    for (const offset of list) yield { partition: Number(partition), offset };
  }
}

async function readJson<T>(store: ObjectStore, key: string): Promise<T> {
  const bytes = await store.get(key);
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '') as T;
  } catch (cause) {
    throw new SluiceError('CHECKPOINT_CORRUPT', {
      tried: `Reading ${key} in quarantine`,
      seen: bytes ? 'text that is no JSON' : 'no such file',
      expected: 'what a replay was to write',
      action: 'Put the file back from a copy; the letters themselves are not touched.',
      cause,
    });
  }
}

type Named = Pick<ReplayPromise, 'queryId' | 'number'>;
const base = ({ queryId, number }: Named): string => `${FOLDER}${queryId}/${String(number).padStart(10, '0')}`;
const promiseKey = (named: Named): string => `${base(named)}.json`;
const doneKey = (named: Named): string => `${base(named)}.done.json`;
const numberOf = (key: string): number => Number(/(\d{10})(?:\.done)?\.json$/.exec(key)?.[1] ?? 0);
const serialize = (value: object): Buffer => Buffer.from(JSON.stringify(value));

function fenced({ queryId, number }: Named): SluiceError {
  return new SluiceError('FENCED', {
    tried: `Beginning replay ${number} of query ${queryId}`,
    seen: 'another one has begun it',
    expected: 'to be the only one that replays',
    action: 'Look at what the other one did, then replay again.',
  });
}
