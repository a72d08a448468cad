/** Taking a checkpoint back: what another engine committed meanwhile is read again, beside the batches. */
import type { Log, Source } from '../ports.ts';
import { planAudit, runAudit, type AuditParts } from './audit.ts';

export interface Handover {
  /** Ends the reading and resolves when nothing is written any more. What is left is done by the next start. */
  stop(): Promise<void>;
}

/**
 * Plans at once, reads on a source of its own. Called after the left-overs are settled and before the first own batch.
 * A failure never stops the query: the rest is read after the next start.
 */
export async function takeBack(parts: AuditParts, openSource: () => Promise<Source>): Promise<Handover> {
  const stopping = new AbortController();
  const done = planned(parts, openSource, stopping.signal, await planAudit(parts));
  return {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

async function planned(
  parts: AuditParts,
  openSource: () => Promise<Source>,
  signal: AbortSignal,
  pieces: Awaited<ReturnType<typeof planAudit>>,
): Promise<void> {
  if (pieces.length === 0) return;
  let source: Source | null = null;
  try {
    source = await openSource();
    await runAudit(parts, source, pieces, signal);
  } catch (error) {
    tellFailure(parts.tell, signal, error as Error);
  } finally {
    await source?.close();
  }
}

function tellFailure(tell: Log, signal: AbortSignal, error: Error): void {
  if (!signal.aborted)
    tell('warn', `Reading again what another engine wrote: ${error.message} (the next start goes on)`);
}
