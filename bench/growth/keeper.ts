/** The thread that looks after the table once and ends, as the product's does. `workerData`: its folder. */
import { randomUUID } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { optimize } from '../../src/pipeline/delta/maintain/optimize.ts';
import { BY_SCHEDULE } from '../../src/pipeline/delta/maintain/plan.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';

const store = openLocalStore(workerData as string);
const signal = new AbortController().signal;
const checkOwner = async (): Promise<void> => undefined;
const table = openTable(store, { tombstones: false });
await optimize({ store, table, now: Date.now, uuid: randomUUID, checkOwner, signal }, BY_SCHEDULE);
