/** Opens a store where its location says. The client for S3 is loaded by the first location that needs it. */
import type { Log, ObjectStore } from '../ports.ts';
import { openLocalStore } from './local.ts';
import type { StoreLocation } from './location.ts';

export interface OpenStore extends ObjectStore {
  /** Throws when two writers of one object could both win. Called once, before a query's first write. */
  probe(): Promise<void>;
  /** Ends requests and connections that are open. */
  close(): void;
}

export async function openStore(location: StoreLocation, log: Log): Promise<OpenStore> {
  if (location.kind === 'local') {
    // A hard link is made once or not at all: there is nothing to try out.
    return { ...openLocalStore(location.path), probe: async () => undefined, close: () => undefined };
  }
  const { openS3Store } = await import('./s3.ts');
  const store = openS3Store(location, log);
  return { ...store, probe: store.probeConditionalPut };
}
