/** What the doctor says: one entry a check, with what was looked at, seen and expected, and how to repair it. Plain data. */

export type CheckState = 'passed' | 'warn' | 'failed' | 'skipped';

/** How a person gets it right. */
export interface Fix {
  /** One or two sentences. */
  readonly text: string;
  /** To copy into a terminal or a SQL client; null where there is no such thing. */
  readonly command: string | null;
  /** What Sluice can do itself; null where it cannot or should not. */
  readonly action: FixAction | null;
}

export interface FixAction {
  /** On the button, e.g. `Restart task`. */
  readonly label: string;
  /** What will be run, line by line, shown before it runs: SQL, requests, settings. Never a secret. */
  readonly will: readonly string[];
}

/** What a check found. */
export interface Finding {
  readonly state: CheckState;
  /** For `skipped` the reason. */
  readonly seen: string;
  readonly expected: string;
  readonly fix: Fix | null;
}

export interface CheckView {
  readonly id: CheckId;
  /** What is true when it has passed, e.g. `Slot is read`. */
  readonly title: string;
  readonly group: CheckGroup;
  readonly state: CheckState;
  /** What was looked at, e.g. `pg_replication_slots of frauddb at 127.0.0.1:5432`. */
  readonly looked: string;
  /** For `skipped` the reason. */
  readonly seen: string;
  readonly expected: string;
  readonly fix: Fix | null;
  readonly tookMs: number;
}

export interface DoctorReport {
  /** When it began, ms. */
  readonly at: number;
  readonly tookMs: number;
  readonly profile: string;
  readonly checks: readonly CheckView[];
}

/** What a fix did, and its check made again. */
export interface FixResult {
  readonly did: readonly string[];
  readonly check: CheckView;
}

export const CHECK_GROUPS = ['machine', 'kafka', 'connector', 'postgres', 'lakehouse', 'services'] as const;
export type CheckGroup = (typeof CHECK_GROUPS)[number];

export const CHECK_IDS = [
  'data-folder',
  'disk',
  'ports',
  'docker',
  'docker-disk',
  'kafka',
  'kafka-listeners',
  'kafka-groups',
  'topic',
  'connect',
  'connector',
  'decimal-mode',
  'connector-config',
  'postgres',
  'wal-level',
  'publication',
  'slot',
  'replica-identity',
  'schema',
  'migrations',
  'serving',
  'bucket',
  'conditional-put',
  'checkpoint-bronze',
  'checkpoint-alert',
  'fraud-api',
  'slack-url',
  'clocks',
  'passwords',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** True when a person should do something. */
export const wantsFixing = ({ state }: CheckView): boolean => state === 'failed' || state === 'warn';
