/** How fast Slack may be written to: one message a second, a burst of 5, never above 60 in any 60 seconds. Pure. */

/** What has been sent lately, as seen at `at`. Times are ms; `tokens` is how many messages may go at once. */
export interface Pace {
  readonly tokens: number;
  readonly at: number;
  /** Times of the sends within the last window, oldest first. */
  readonly recent: readonly number[];
}

const BURST = 5;
const TOKEN_MS = 1_000;
const WINDOW_MS = 60_000;
const WINDOW_LIMIT = 60;

/** The pace after sends that an earlier run made; times in ms, oldest first. */
export function startPace(now: number, earlier: readonly number[]): Pace {
  return { tokens: earlier.length > 0 ? 0 : BURST, at: now, recent: within(earlier, now) };
}

/** The same pace at a later time. A clock that steps back gives no tokens, and finds the sends of its future at `now`. */
export function advance(pace: Pace, now: number): Pace {
  const gained = Math.max(0, now - pace.at) / TOKEN_MS;
  return { tokens: Math.min(BURST, pace.tokens + gained), at: now, recent: within(pace.recent, now) };
}

/** How long after `pace.at` the next message may go, ms; 0 = at once. */
export function waitFor(pace: Pace): number {
  const forToken = Math.ceil((1 - pace.tokens) * TOKEN_MS);
  const oldest = pace.recent[pace.recent.length - WINDOW_LIMIT];
  const forWindow = oldest === undefined ? 0 : oldest + WINDOW_MS - pace.at;
  return Math.max(0, forToken, forWindow);
}

/** Notes one message sent at `pace.at`. */
export function spend(pace: Pace): Pace {
  return { tokens: pace.tokens - 1, at: pace.at, recent: [...pace.recent, pace.at] };
}

function within(times: readonly number[], now: number): number[] {
  return times.map((time) => Math.min(time, now)).filter((time) => time > now - WINDOW_MS);
}
