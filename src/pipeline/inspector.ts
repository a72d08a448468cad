/** Answers questions about queries without running one. What is opened stays open for the next question. */
import { discardAlerts, resendAlerts } from './alert/decide.ts';
import { readDeliveries, readFrauds, readTotals } from './alert/read.ts';
import { inspectCheckpoint, readCommitted } from './checkpoint/inspect.ts';
import { clearNow, previewClearing, type ClearingParts } from './clearing.ts';
import { systemClock } from './clock.ts';
import { openTable, type Table } from './delta/snapshot.ts';
import { assertNever } from './errors.ts';
import type { TableView } from './events.ts';
import type { JobSettings, WorkerRequest } from './job-settings.ts';
import { openClearStores, openSource } from './jobs.ts';
import { readLag } from './lag.ts';
import type { Source } from './ports.ts';
import { openDatabase, type Database } from './sql.ts';
import { openLocalStore } from './store/local.ts';

export type Question = Extract<WorkerRequest, { seq: number; job: JobSettings }>;

export interface Inspector {
  answer(question: Question): Promise<unknown>;
  close(): Promise<void>;
}

export function openInspector(): Inspector {
  const sources = new Map<string, Source>();
  const databases = new Map<string, Database>();
  const tables = new Map<string, Table>();
  const sourceOf = ({ source }: JobSettings): Source =>
    cached(sources, JSON.stringify(source), () => openSource(source));
  const databaseOf = ({ alert }: JobSettings): Database => {
    return cached(databases, JSON.stringify(alert.serving), () =>
      openDatabase(alert.serving, { applicationName: 'sluice inspector' }),
    );
  };
  const tableOf = ({ table }: JobSettings): Table => cached(tables, table, () => openTable(openLocalStore(table)));
  const clearing = (job: JobSettings): ClearingParts => {
    return {
      job,
      source: sourceOf(job),
      stores: openClearStores(job),
      table: openLocalStore(job.table),
      clock: systemClock,
    };
  };

  async function answer(question: Question): Promise<unknown> {
    const { job } = question;
    const checkpoint = openLocalStore(job.checkpoint);
    switch (question.type) {
      case 'lag':
        return readLag(sourceOf(job), (await readCommitted(checkpoint))?.offsets ?? null);
      case 'inspect':
        return inspectCheckpoint(checkpoint, job.checkpoint, systemClock);
      case 'table':
        return readTable(tableOf(job), job.table);
      case 'preview-clear':
        return previewClearing(clearing(job));
      case 'clear':
        return clearNow(clearing(job));
      case 'frauds':
        return readFrauds(databaseOf(job), question.limit);
      case 'deliveries':
        return readDeliveries(databaseOf(job), question.limit, job.alert.delivery.linkBase);
      case 'resend-alerts':
        return resendAlerts(databaseOf(job), question.transNums, systemClock.now());
      case 'discard-alerts':
        return discardAlerts(databaseOf(job), question.transNums);
      case 'totals':
        return readTotals(databaseOf(job));
      default:
        return assertNever(question);
    }
  }

  async function close(): Promise<void> {
    for (const each of [...sources.values(), ...databases.values()]) await each.close();
  }

  return { answer, close };
}

async function readTable(table: Table, path: string): Promise<TableView> {
  const snapshot = await table.refresh();
  const files = [...snapshot.files.values()];
  return {
    path,
    version: snapshot.version < 0 ? null : snapshot.version,
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    lastCommitAt: snapshot.lastCommitAt,
  };
}

function cached<T>(cache: Map<string, T>, key: string, open: () => T): T {
  const known = cache.get(key);
  if (known) return known;
  const opened = open();
  cache.set(key, opened);
  return opened;
}
