/** From a thread to its host. */
import type { ErrorView } from '../errors.ts';
import type { LogLine } from './log.ts';
import type { QueryProgress } from './query.ts';

export type Emit = (event: WorkerEvent) => void;

/** From a thread to its host. */
export type WorkerEvent =
  | { readonly type: 'state'; readonly state: 'RUNNING' | 'STOPPED'; readonly queryId: string; readonly runId: string }
  | { readonly type: 'failed'; readonly error: ErrorView }
  | { readonly type: 'progress'; readonly progress: QueryProgress }
  | { readonly type: 'delivered'; readonly sent: number }
  /** Alerts are held back because Slack refuses for good, or flow again (null). */
  | { readonly type: 'alerts-paused'; readonly error: ErrorView | null }
  | { readonly type: 'log'; readonly line: LogLine }
  | { readonly type: 'reply'; readonly seq: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly seq: number; readonly error: ErrorView };
