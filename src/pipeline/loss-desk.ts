/** Decides about offsets that the topic has removed: what was accepted is passed over, anything else stops the query. */
import { notAccepted, readAccepted, writeAccepted } from './checkpoint/losses.ts';
import { dataLoss } from './offsets.ts';
import type { Clock, Gap, Log, ObjectStore } from './ports.ts';

export interface LossDesk {
  /** Throws DATA_LOSS with what nobody has accepted; on return all of the gaps may be passed over. */
  settle(queryId: string, gaps: readonly Gap[]): Promise<void>;
}

export interface LossDeskOptions {
  /** The checkpoint. */
  readonly store: ObjectStore;
  /** False: each loss is accepted by itself, written down and warned about. */
  readonly failOnDataLoss: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws when this run may no longer write. */
  readonly checkOwner: () => Promise<void>;
}

export function openLossDesk({ store, failOnDataLoss, clock, log, checkOwner }: LossDeskOptions): LossDesk {
  return {
    settle: async (queryId, gaps) => {
      if (gaps.length === 0) return;
      const open = notAccepted(gaps, await readAccepted(store), queryId);
      if (open.length === 0) return;
      const error = dataLoss(open);
      if (failOnDataLoss) throw error;
      await checkOwner();
      await writeAccepted(store, open, { queryId, at: clock.now(), by: 'setting' });
      log('warn', `DATA_LOSS: ${error.seen}. Going on behind it, because failOnDataLoss is off`);
    },
  };
}
