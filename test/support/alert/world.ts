/** One PostgreSQL for many lives of the Alert query: topics to feed, tables to judge, settings that point at both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import type { AlertSettings, JobSettings, PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { localFolder } from '../../../src/pipeline/store/location.ts';
import { append, createTopic } from '../../../src/stack/embedded/topic.ts';
import { emptyTables, settingsFor } from '../../pipeline/alert/support.ts';
import { startTestPostgres } from '../postgres.ts';
import { judge, lettersIn, type Verdict } from './oracle.ts';
import type { ScriptedSlack } from './receivers.ts';
import type { Fed } from './workload.ts';

export interface World {
  readonly frauddb: Database;
  readonly topics: Database;
  readonly settings: { readonly frauddb: PostgresSettings; readonly topics: PostgresSettings };
  /** Settings of an Alert query whose files lie in `folder`. */
  jobIn(folder: string, topic: string, alert: Partial<AlertSettings>, changes?: Partial<JobSettings>): JobSettings;
  /** Empty tables, a topic and folders of its own. */
  openScene(name: string): Promise<Scene>;
  close(): Promise<void>;
}

export interface Scene {
  readonly folder: string;
  readonly quarantine: string;
  job(alert: Partial<AlertSettings>, changes?: Partial<JobSettings>): JobSettings;
  send(fed: readonly Fed[]): Promise<void>;
  /** True when `records` are read, nothing waits for a score and nothing for Slack. */
  isSettled(records: number): Promise<boolean>;
  judge(fed: readonly Fed[], slack: ScriptedSlack): Promise<Verdict>;
  close(): void;
}

export async function openWorld(): Promise<World> {
  const postgres = await startTestPostgres();
  const settings = await postgres.createFraudDatabases();
  const frauddb = openDatabase(settings.frauddb, { statementTimeoutMs: 0 });
  const topics = openDatabase(settings.topics, { statementTimeoutMs: 0 });
  const jobIn: World['jobIn'] = (folder, topic, alert, changes = {}) => ({
    query: 'alert',
    checkpoint: localFolder(path.join(folder, 'checkpoint')),
    table: localFolder(path.join(folder, 'table')),
    quarantine: localFolder(path.join(folder, 'quarantine')),
    source: { kind: 'embedded', postgres: settings.topics, topic },
    startingOffsets: 'earliest',
    runs: 'until-stopped',
    triggerMs: 0,
    maxOffsetsPerTrigger: 1_000,
    alert: settingsFor(settings.frauddb, alert),
    owner: { runId: 'run', host: hostname(), pid: process.pid },
    ...changes,
  });
  const openScene = async (name: string): Promise<Scene> => {
    await emptyTables(frauddb);
    await createTopic(topics, name);
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-alert-'));
    const quarantine = path.join(folder, 'quarantine');
    return {
      folder,
      quarantine,
      job: (alert, changes = {}) =>
        jobIn(folder, name, { servingDatabase: 'separate', ...alert }, { maxOffsetsPerTrigger: 25, ...changes }),
      send: async (fed) => {
        const events = fed.map(({ event }) => event);
        for (let from = 0; from < events.length; from += 2_000)
          await topics.transaction((sql) => append(sql, name, events.slice(from, from + 2_000), Date.now()));
      },
      isSettled: (records) => isSettled(frauddb, records),
      judge: async (fed, slack) => judge(frauddb, fed, slack.accepted, await lettersIn(quarantine)),
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  };
  const close = async (): Promise<void> => {
    await Promise.all([frauddb.close(), topics.close()]);
    await postgres.stop();
  };
  return { frauddb, topics, settings, jobIn, openScene, close };
}

async function isSettled(db: Database, records: number): Promise<boolean> {
  const [row] = await db.query<Record<'records' | 'pending' | 'waiting', string>>(
    `SELECT (SELECT coalesce(sum(records), 0) FROM sluice.alert_batches) AS records,
       (SELECT count(*) FROM sluice.pending) AS pending,
       (SELECT count(*) FROM sluice.outbox WHERE state IN ('pending', 'sending', 'ambiguous')) AS waiting`,
  );
  return Number(row?.records) === records && Number(row?.pending) + Number(row?.waiting) === 0;
}
