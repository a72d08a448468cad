/** Names inside a Delta table: the files of the log, and the folders of partitions. Pure. */

/** Stands for null in a folder name, as in Hive. */
const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__';

export const LOG_FOLDER = '_delta_log/';
export const LAST_CHECKPOINT = `${LOG_FOLDER}_last_checkpoint`;

export const commitKey = (version: number): string => `${LOG_FOLDER}${padded(version)}.json`;
export const checkpointKey = (version: number): string => `${LOG_FOLDER}${padded(version)}.checkpoint.parquet`;

export type LogFile = { readonly kind: 'commit' | 'checkpoint' | 'other-checkpoint'; readonly version: number };

/** What a key of the log is, or null for what readers ignore. */
export function parseLogKey(key: string): LogFile | null {
  const match = /^_delta_log\/(\d{20})\.(json|checkpoint\.parquet|checkpoint\..+)$/.exec(key);
  if (!match) return null;
  const kind = match[2] === 'json' ? 'commit' : match[2] === 'checkpoint.parquet' ? 'checkpoint' : 'other-checkpoint';
  return { kind, version: Number(match[1]) };
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

const padded = (version: number): string => String(version).padStart(20, '0');

function escapeHive(text: string): string {
  // Hive escapes exactly these.
  return text.replace(/[\x01-\x1f\x7f"#%'*/:=?\\{[\]^]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
