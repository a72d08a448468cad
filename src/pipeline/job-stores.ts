/** The stores of one query: its checkpoint with the folder beside it, its table, its quarantine. */
import type { ClearStores } from './checkpoint/clear.ts';
import type { JobSettings } from './job-settings.ts';
import type { Log } from './ports.ts';
import { splitLocation } from './store/location.ts';
import { openStore, type OpenStore } from './store/open.ts';

export interface JobStores extends ClearStores {
  readonly checkpoint: OpenStore;
  readonly parent: OpenStore;
  readonly table: OpenStore;
  readonly quarantine: OpenStore;
  /** Throws when a place cannot be written by one of several writers alone. Called before the first write. */
  probe(): Promise<void>;
  close(): void;
}

export async function openJobStores(job: JobSettings, log: Log): Promise<JobStores> {
  const { parent } = splitLocation(job.checkpoint);
  const stores = {
    checkpoint: await openStore(job.checkpoint, log),
    parent: await openStore(parent, log),
    table: await openStore(job.table, log),
    quarantine: await openStore(job.quarantine, log),
  };
  return {
    ...stores,
    probe: async () => {
      await stores.checkpoint.probe();
      // Alert writes no table.
      if (job.query === 'bronze') await stores.table.probe();
    },
    close: () => Object.values(stores).forEach((store) => store.close()),
  };
}
