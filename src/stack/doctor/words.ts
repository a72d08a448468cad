/** Numbers as the doctor writes them. */

/** `800 B`, `61 MB`, `2.1 GB`. */
export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, '')} ${units[power]}`;
}

/** `7 days`, `3 h`, `5 min`, `28 ms`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}

/** A name for SQL, in quotes. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text for SQL, in quotes. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
