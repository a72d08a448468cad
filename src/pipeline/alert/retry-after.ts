/** The wait that a server asks for in `Retry-After`: seconds, or an HTTP date. */

const LONGEST_MS = 24 * 3_600_000;
/** `Sun, 06 Nov 1994 08:49:37 GMT`; the date parser of the language would make a date of nearly anything. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** ms from `now`, at most a day, or null when the header is missing or makes no sense. */
export function retryAfterMs(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(LONGEST_MS, Math.ceil(Number(text) * 1_000));
  const wait = HTTP_DATE.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isFinite(wait) ? Math.min(LONGEST_MS, Math.max(0, wait)) : null;
}
