/** Names inside a Delta table: the files of the log, and the folders of partitions. Pure. */

/** Stands for null in a folder name, as in Hive. */
const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__';

export const LOG_FOLDER = '_delta_log/';
export const LAST_CHECKPOINT = `${LOG_FOLDER}_last_checkpoint`;

/** What all keys of a version begin with. */
export const versionKey = (version: number): string => LOG_FOLDER + String(version).padStart(20, '0');
export const commitKey = (version: number): string => `${versionKey(version)}.json`;
export const checkpointKey = (version: number): string => `${versionKey(version)}.checkpoint.parquet`;
/** Delta's own checksum of a version, which some writers leave. */
export const versionChecksumKey = (version: number): string => `${versionKey(version)}.crc`;

export type LogFile =
  | { readonly kind: 'commit' | 'checksum' | 'v2-checkpoint'; readonly version: number }
  /** One of so many parts; `part` counts from 1. */
  | { readonly kind: 'checkpoint'; readonly version: number; readonly part: number; readonly parts: number };

/** What a key of the log is, or null for what readers ignore. */
export function parseLogKey(key: string): LogFile | null {
  const [, digits, rest = ''] = /^_delta_log\/(\d{20})\.(.+)$/.exec(key) ?? [];
  if (digits === undefined) return null;
  const version = Number(digits);
  if (rest === 'json') return { kind: 'commit', version };
  if (rest === 'crc') return { kind: 'checksum', version };
  if (rest === 'checkpoint.parquet') return { kind: 'checkpoint', version, part: 1, parts: 1 };
  const [, part, parts] = /^checkpoint\.(\d{10})\.(\d{10})\.parquet$/.exec(rest) ?? [];
  if (part !== undefined) return { kind: 'checkpoint', version, part: Number(part), parts: Number(parts) };
  return /^checkpoint\.[^.]+\.(json|parquet)$/.test(rest) ? { kind: 'v2-checkpoint', version } : null;
}

export type PartitionValues = Readonly<Record<string, string | null>>;

/** `year=2019/month=1/day=1/`; the empty text counts as null. */
export function partitionFolder(values: PartitionValues): string {
  const parts = Object.entries(values).map(
    ([name, value]) => `${escapeHive(name)}=${value ? escapeHive(value) : NULL_FOLDER}/`,
  );
  return parts.join('');
}

/** The name that Spark gives a data file. */
export function dataFileName(task: number, uuid: string): string {
  return `part-${String(task).padStart(5, '0')}-${uuid}.c000.snappy.parquet`;
}

/** `add.path` is the relative path encoded once more as a URI. */
export const encodePath = (key: string): string => encodeURI(key).replace(/[?#]/g, encodeURIComponent);
export const decodePath = (path: string): string => decodeURIComponent(path);

function escapeHive(text: string): string {
  // Hive escapes exactly these.
  return text.replace(/[\x01-\x1f\x7f"#%'*/:=?\\{[\]^]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
