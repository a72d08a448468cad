/** The databases of a console that is running or has crashed, for whoever owns its data folder. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openDatabase, type Database } from '../../src/pipeline/sql.ts';
import { clusterFolder, SUPERUSER } from '../../src/stack/embedded/cluster.ts';

/** Opens `frauddb` or `sluice_topics` without a limit on a statement's time. */
export function openHomeDatabase(home: string, database: 'frauddb' | 'sluice_topics'): Database {
  const pidFile = readFileSync(path.join(clusterFolder(home), 'data', 'postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(path.join(home, 'postgres', 'password'), 'utf8').trim();
  const settings = { host: '127.0.0.1', port: Number(pidFile[3]), user: SUPERUSER, password, database };
  return openDatabase(settings, { statementTimeoutMs: 0, applicationName: 'sluice-bench' });
}
