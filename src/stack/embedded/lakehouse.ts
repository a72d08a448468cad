/** Where the queries of the embedded stack write: folders of the data folder, laid out as in a bucket. Pure. */
import path from 'node:path';
import { localFolder } from '../../pipeline/store/location.ts';
import type { Lakehouse } from '../servers.ts';

/** The folder that the window shows. */
export const lakehouseFolder = (home: string): string => path.join(home, 'lakehouse');

export function embeddedLakehouse(home: string): Lakehouse {
  const lakehouse = lakehouseFolder(home);
  return {
    table: localFolder(path.join(lakehouse, 'bronze', 'transactions')),
    checkpoint: {
      bronze: localFolder(path.join(lakehouse, 'checkpoints', 'bronze')),
      alert: localFolder(path.join(lakehouse, 'checkpoints', 'realtime-prediction')),
    },
    quarantine: {
      bronze: localFolder(path.join(home, 'quarantine', 'bronze')),
      alert: localFolder(path.join(home, 'quarantine', 'alert')),
    },
  };
}
