/** Looks after a table in a process of its own, so that it can be killed on the way: `host.ts FOLDER TASK AGE_DAYS`. */
import { randomUUID } from 'node:crypto';
import { checkpointContent, writeCheckpoint } from '../../../../src/pipeline/delta/checkpoint.ts';
import { cleanLog } from '../../../../src/pipeline/delta/cleanup.ts';
import { optimize } from '../../../../src/pipeline/delta/maintain/optimize.ts';
import { BY_HAND } from '../../../../src/pipeline/delta/maintain/plan.ts';
import { vacuum } from '../../../../src/pipeline/delta/maintain/vacuum.ts';
import { openTable } from '../../../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../../../src/pipeline/store/local.ts';

const [folder = '', task = '', days = '0'] = process.argv.slice(2);
const now = (): number => Date.now() + Number(days) * 86_400_000;
const store = openLocalStore(folder);
const table = openTable(store);
const checkOwner = async (): Promise<void> => undefined;
const parts = { store, table, now, uuid: randomUUID, checkOwner, signal: new AbortController().signal };

if (task === 'checkpoint') await writeCheckpoint(store, checkpointContent(await table.refresh(), now()));
if (task === 'cleanup') await cleanLog(store, { now: now(), retentionMs: 30 * 86_400_000 });
if (task === 'optimize') await optimize(parts, BY_HAND);
if (task === 'vacuum') await vacuum(parts, false);
