/** The wait that a server asks for in `Retry-After`: seconds, or an HTTP date. */

const LONGEST_MS = 24 * 3_600_000;

/** ms from `now`, at most a day, or null when the header is missing or makes no sense. */
export function retryAfterMs(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  const wait = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.min(LONGEST_MS, Math.max(0, wait)) : null;
}
