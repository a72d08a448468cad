/** Table properties that say how a log is kept (`delta.*`), with Delta's own defaults. Pure. */

export interface LogProperties {
  /** Commits from one log checkpoint to the next. */
  readonly checkpointInterval: number;
  /** How long commits are kept for time travel, ms. */
  readonly logRetentionMs: number;
  /** How long tombstones, and the files that they name, are kept, ms. */
  readonly deletedFileRetentionMs: number;
  readonly cleansLog: boolean;
}

const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = {
  week: 7 * DAY_MS,
  day: DAY_MS,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
  millisecond: 1,
};

export function readProperties(configuration: Readonly<Record<string, string>> = {}): LogProperties {
  const interval = Number(configuration['delta.checkpointInterval']);
  return {
    checkpointInterval: Number.isInteger(interval) && interval > 0 ? interval : 10,
    logRetentionMs: parseInterval(configuration['delta.logRetentionDuration']) ?? 30 * DAY_MS,
    deletedFileRetentionMs: parseInterval(configuration['delta.deletedFileRetentionDuration']) ?? 7 * DAY_MS,
    cleansLog: configuration['delta.enableExpiredLogCleanup']?.toLowerCase() !== 'false',
  };
}

/** `interval 30 days`, `1 week 12 hours` -> ms; null for anything else. */
export function parseInterval(text: string | undefined): number | null {
  if (text === undefined) return null;
  const words = text
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, '')
    .split(/\s+/);
  let sum = 0;
  for (let at = 0; at < words.length; at += 2) {
    const unit = UNITS[(words[at + 1] ?? '').replace(/s$/, '')];
    const count = words[at] ?? '';
    if (unit === undefined || !/^\d+$/.test(count)) return null;
    sum += Number(count) * unit;
  }
  return sum;
}
