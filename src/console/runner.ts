/** Who runs a query that this console does not run itself: another console, or a Spark cluster. Pure. */
import type { CheckpointView, LeaseView, TableView } from '../pipeline/events.ts';
import type { RunnerView } from './contract.ts';
import type { RunView } from './supervisor.ts';
import { title } from './words.ts';

export interface RunnerParts {
  readonly run: RunView;
  /** As it was looked at last; null when it was not yet. */
  readonly checkpoint: CheckpointView | null;
  /** Only of Bronze. */
  readonly table: TableView | null;
  /** True where a setting leaves the query to Spark: here what waits is scored, and alerts are sent. */
  readonly drains: boolean;
  /** This process, whose own lease may still stand in what was looked at last. */
  readonly self: Pick<LeaseView, 'host' | 'pid'>;
}

/** Null while this console runs the query, and when nobody does. */
export function runnerOf(parts: RunnerParts): RunnerView | null {
  const { run, checkpoint, table, drains } = parts;
  const owner = otherOwner(parts);
  if (!drains && (owner === null || !isIdle(run))) return null;
  return {
    engine: owner ? (owner.engine ?? 'sluice') : 'spark',
    owner,
    lastBatch: checkpoint?.lastCommit ?? null,
    writtenAt: checkpoint?.newestAt ?? null,
    table: table?.version == null ? null : { version: table.version, at: table.lastCommitAt },
    drains,
    refusal: refusalOf(run.name, owner, drains),
  };
}

/** True when a query failed because it belonged to somebody who has gone since. A look may be older than the failure. */
export function isFreed({ run, checkpoint }: RunnerParts, now: number): boolean {
  return run.error?.code === 'FENCED' && checkpoint?.owner === null && now - run.since > LOOKED_AGAIN_MS;
}

/** How often a query that does not run here is looked at. */
export const AWAY_MS = 5_000;
const LOOKED_AGAIN_MS = 2 * AWAY_MS;

function otherOwner({ checkpoint, self }: RunnerParts): LeaseView | null {
  const owner = checkpoint?.owner ?? null;
  return owner?.host === self.host && owner.pid === self.pid ? null : owner;
}

/** Why a start here would be refused, and what to do. */
function refusalOf(name: RunView['name'], owner: LeaseView | null, drains: boolean): string | null {
  if (owner === null) return null;
  if (owner.engine !== 'spark') return `Another console holds the lease of the checkpoint. Stop ${title(name)} there.`;
  if (drains) return null;
  const spark = 'Spark holds the lease of the checkpoint. Stop its program first, then take over.';
  return name === 'alert'
    ? `${spark} Or leave it there, and set ALERT_ENGINE=spark to send its alerts from here.`
    : spark;
}

export const isIdle = ({ state }: Pick<RunView, 'state'>): boolean => state === 'STOPPED' || state === 'FAILED';
