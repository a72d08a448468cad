/**
 * From one log checkpoint to the next little of it changes. So its rows are cut into groups that stay encoded for as long
 * as nothing in them changes: a checkpoint costs what is new in it, however much it tells.
 */
import { setImmediate } from 'node:timers/promises';
import type { Action } from './actions.ts';
import { encodeGroup, type EncodedGroup } from './checkpoint-file.ts';

/** Rows of one kind. */
export interface Section {
  /** One object for each row, the same ones from one checkpoint to the next for as long as the row says the same. */
  readonly entries: readonly object[];
  readonly toAction: (at: number) => Action;
  /** Rows that are encoded without a pause: a few milliseconds. */
  readonly groupRows: number;
  /** Takes over a group that is full. Without it the group stays here. */
  readonly keep?: (entries: readonly object[], encoded: EncodedGroup) => void;
}

interface Group {
  readonly entries: readonly object[];
  readonly encoded: EncodedGroup;
}

/** The groups of the checkpoint before, each by its first entry. */
export class CheckpointGroups {
  #known = new Map<object, Group>();

  async encode(sections: readonly Section[]): Promise<EncodedGroup[]> {
    const found: EncodedGroup[] = [];
    const known = new Map<object, Group>();
    for (const section of sections) {
      for (const piece of planGroups(section, this.#known)) {
        const group = Array.isArray(piece) ? encode(section, piece) : piece;
        found.push(group.encoded);
        const { keep, groupRows } = section;
        if (keep && group.entries.length === groupRows) keep(group.entries, group.encoded);
        else known.set(group.entries[0] as object, group);
        if (group !== piece) await setImmediate();
      }
    }
    this.#known = known;
    return found;
  }
}

/** Entries [from, to) that are to be encoded. */
type Range = [from: number, to: number];

/** Known groups where their entries stand one after the other as before, and what lies between them. */
function planGroups(section: Section, known: ReadonlyMap<object, Group>): (Group | Range)[] {
  const { entries, groupRows } = section;
  const pieces: (Group | Range)[] = [];
  let [at, from] = [0, 0];
  while (at < entries.length) {
    const group = known.get(entries[at] as object);
    if (group && isUsable(group, section, at, known)) {
      pieces.push(...cut(from, at, groupRows), group);
      at += group.entries.length;
      from = at;
    } else at += 1;
  }
  pieces.push(...cut(from, at, groupRows));
  // Where many rows went, many small groups are left.
  const isSplit = pieces.length > MAX_SPLIT * Math.ceil(entries.length / groupRows) + MAX_SPLIT;
  return isSplit ? cut(0, entries.length, groupRows) : pieces;
}

const MAX_SPLIT = 2;

/** A group that is not full is encoded again with what comes behind it, unless that is known as well. */
function isUsable(
  group: Group,
  { entries, groupRows }: Section,
  at: number,
  known: ReadonlyMap<object, Group>,
): boolean {
  const end = at + group.entries.length;
  if (group.entries.length < groupRows && end < entries.length && !known.has(entries[end] as object)) return false;
  return group.entries.every((entry, index) => entry === entries[at + index]);
}

function cut(from: number, to: number, rows: number): Range[] {
  return Array.from({ length: Math.ceil((to - from) / rows) }, (_, index) => {
    const begin = from + index * rows;
    return [begin, Math.min(to, begin + rows)];
  });
}

function encode({ entries, toAction }: Section, [from, to]: Range): Group {
  const actions = Array.from({ length: to - from }, (_, index) => toAction(from + index));
  return { entries: entries.slice(from, to), encoded: encodeGroup(actions) };
}
