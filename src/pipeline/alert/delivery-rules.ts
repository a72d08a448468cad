/** Which of the waiting alerts may go now, and how many in one message. Pure. */
import type { DeliverySettings } from '../job-settings.ts';
import { DIGEST_SIZE } from './message.ts';

/** What is due, HIGH and the others apart. `oldestAt`: when the oldest due one of the others was stored, ms. */
export interface Due {
  readonly high: number;
  readonly others: number;
  readonly oldestAt: number | null;
  /** Frauds stored within the last minute. */
  readonly lastMinute: number;
}

/** The next message: up to `limit` alerts, of every level or only of some. */
export interface Choice {
  readonly limit: number;
  readonly levels: 'all' | 'high' | 'others';
}

/** More than this many waiting: they go as digests. */
const DIGEST_ABOVE = 10;
/** The longest that an alert below HIGH is gathered in a storm, ms. */
const GATHER_MS = 60_000;
const DAY_MINUTES = 1_440;

/** null = nothing may go now. */
export function choose(due: Due, rules: DeliverySettings, now: number): Choice | null {
  if (isQuiet(rules.quietHours, now)) return due.high > 0 ? { limit: sizeFor(due.high), levels: 'high' } : null;
  if (rules.stormPerMinute !== null && (due.lastMinute > rules.stormPerMinute || hasGathered(due, now))) {
    return chooseInStorm(due, now);
  }
  const all = due.high + due.others;
  return all > 0 ? { limit: sizeFor(all), levels: 'all' } : null;
}

/** HIGH goes as ever; the others wait until a digest is full, or its first has waited for a minute. */
function chooseInStorm(due: Due, now: number): Choice | null {
  if (due.high > 0) return { limit: sizeFor(due.high), levels: 'high' };
  return due.others >= DIGEST_SIZE || hasGathered(due, now) ? { limit: DIGEST_SIZE, levels: 'others' } : null;
}

/** Also when the storm is over: what it has gathered still goes as one message. */
function hasGathered({ others, oldestAt }: Due, now: number): boolean {
  return others > 0 && oldestAt !== null && now - oldestAt >= GATHER_MS;
}

/** By the clock of this computer. */
export function isQuiet(hours: DeliverySettings['quietHours'], now: number): boolean {
  if (hours === null) return false;
  const at = new Date(now);
  const minute = at.getHours() * 60 + at.getMinutes();
  const sinceFrom = (minute - hours.from + DAY_MINUTES) % DAY_MINUTES;
  return sinceFrom < (hours.to - hours.from + DAY_MINUTES) % DAY_MINUTES;
}

function sizeFor(waiting: number): number {
  return waiting > DIGEST_ABOVE ? DIGEST_SIZE : 1;
}
