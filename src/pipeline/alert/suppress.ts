/** Which alerts are recorded but not sent. Pure. */
import type { AlertSettings } from '../job-settings.ts';

const HOUR_MS = 3_600_000;

export interface AlertTimes {
  /** When the transaction took place, null when unknown. */
  readonly transactionAt: number | null;
  /** When its record came into the topic. */
  readonly recordAt: number;
  /** When Alert first started on this database. */
  readonly firstStart: number;
}

/** The reason to keep an alert back, or null. What was in the topic before the first start is history, not news. */
export function whySuppressed(
  settings: Pick<AlertSettings, 'slack' | 'suppressOlderThanMs'>,
  times: AlertTimes,
): string | null {
  if (settings.slack.kind === 'off') return `Alerts are off: ${settings.slack.reason}`;
  const { transactionAt, recordAt, firstStart } = times;
  const limit = settings.suppressOlderThanMs;
  if (limit === null || transactionAt === null || recordAt >= firstStart) return null;
  if (firstStart - transactionAt <= limit) return null;
  return `The transaction was older than ${Number((limit / HOUR_MS).toFixed(2))} h when Alert first started.`;
}
