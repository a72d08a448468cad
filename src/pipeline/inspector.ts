/** Answers questions about queries without running one. What is opened stays open for the next question. */
import { discardAlerts, resendAlerts } from './alert/decide.ts';
import { explainScore } from './alert/explain.ts';
import { openFraudApi, type FraudApi } from './alert/fraud-api.ts';
import { readDeliveries, readFrauds, readTotals } from './alert/read.ts';
import { inspectCheckpoint, readCommitted } from './checkpoint/inspect.ts';
import { clearNow, previewClearing, type ClearingParts } from './clearing.ts';
import { systemClock } from './clock.ts';
import { openTable, type Table } from './delta/snapshot.ts';
import { assertNever } from './errors.ts';
import type { TableView } from './events.ts';
import type { AlertSettings, JobSettings, WorkerRequest } from './job-settings.ts';
import { inspectTakeOver, type TakeOverParts } from './handover/take-over.ts';
import { openJobStores, type JobStores } from './job-stores.ts';
import { openSource } from './jobs.ts';
import { readLag } from './lag.ts';
import { acceptLoss, previewLoss, type LossParts } from './loss-view.ts';
import { maintain } from './maintenance.ts';
import type { Log, Source } from './ports.ts';
import { answerQuarantine } from './quarantine/questions.ts';
import { openReader, type QuarantineReader } from './quarantine/reader.ts';
import type { ReplayParts } from './replaying.ts';
import { openDatabase, type Database } from './sql.ts';
import { describeLocation } from './store/location.ts';
import { traceTransaction, type TraceParts } from './trace/trace.ts';

export type Question = Extract<WorkerRequest, { seq: number; job: JobSettings }>;

export interface Inspector {
  answer(question: Question): Promise<unknown>;
  close(): Promise<void>;
}

export function openInspector(log: Log): Inspector {
  const sources = new Map<string, Promise<Source>>();
  const stores = new Map<string, Promise<JobStores>>();
  const databases = new Map<string, Database>();
  const tables = new Map<string, Table>();
  const sourceOf = ({ source }: JobSettings): Promise<Source> =>
    cached(sources, JSON.stringify(source), () => openSource(source, log));
  const storesOf = (job: JobSettings): Promise<JobStores> =>
    cached(stores, JSON.stringify([job.query, job.checkpoint, job.table, job.quarantine]), () =>
      openJobStores(job, log),
    );
  const databaseOf = (job: JobSettings): Database => {
    const { serving } = alertOf(job);
    return cached(databases, JSON.stringify(serving), () =>
      openDatabase(serving, { applicationName: 'sluice inspector' }),
    );
  };
  const readers = new Map<string, QuarantineReader>();
  const apis = new Map<string, FraudApi>();
  const apiOf = (url: string): FraudApi => cached(apis, url, () => openFraudApi(url, log, systemClock));
  const replaying = async (bronze: JobSettings, alert: JobSettings): Promise<ReplayParts> => {
    const opened = { bronze: await storesOf(bronze), alert: await storesOf(alert) };
    const stores = { bronze: opened.bronze.quarantine, alert: opened.alert.quarantine };
    const settings = alertOf(alert);
    const { fraudApiUrl } = settings;
    return {
      reader: cached(readers, JSON.stringify([bronze.quarantine, alert.quarantine]), () => openReader(stores)),
      jobs: { bronze, alert },
      checkpoints: { bronze: opened.bronze.checkpoint, alert: opened.alert.checkpoint },
      table: opened.bronze.table,
      alert: () => ({
        settings,
        db: databaseOf(alert),
        api: apiOf(fraudApiUrl),
        clock: systemClock,
      }),
      clock: systemClock,
    };
  };
  const tableOf = async (job: JobSettings): Promise<Table> => {
    const { table } = await storesOf(job);
    return cached(tables, JSON.stringify(job.table), () => openTable(table));
  };
  const clearing = async (job: JobSettings): Promise<ClearingParts> => {
    const opened = await storesOf(job);
    return { job, source: await sourceOf(job), stores: opened, table: opened.table, clock: systemClock };
  };

  const loss = async (job: JobSettings): Promise<LossParts> => {
    const { checkpoint } = await storesOf(job);
    return { job, source: await sourceOf(job), checkpoint, clock: systemClock };
  };

  const takingOver = async (job: JobSettings): Promise<TakeOverParts> => {
    const { checkpoint, table } = await storesOf(job);
    return {
      query: job.query,
      checkpoint: { store: checkpoint, path: describeLocation(job.checkpoint) },
      table: job.query === 'bronze' ? { store: table, path: describeLocation(job.table) } : null,
      source: () => openSource(job.source, log),
      clock: systemClock,
    };
  };

  const tracing = async (job: JobSettings): Promise<TraceParts> => {
    const { table: store } = await storesOf(job);
    return { db: databaseOf(job), source: () => sourceOf(job), store, table: await tableOf(job) };
  };

  async function answer(question: Question): Promise<unknown> {
    const { job } = question;
    const { checkpoint } = await storesOf(job);
    switch (question.type) {
      case 'lag':
        return readLag(await sourceOf(job), (await readCommitted(checkpoint))?.offsets ?? null);
      case 'inspect':
        return inspectCheckpoint(checkpoint, describeLocation(job.checkpoint), systemClock);
      case 'table':
        return readTable(await tableOf(job), describeLocation(job.table));
      case 'preview-clear':
        return previewClearing(await clearing(job), question.from);
      case 'clear':
        return clearNow(await clearing(job), question.from);
      case 'preview-take-over':
        return inspectTakeOver(await takingOver(job));
      case 'preview-loss':
        return previewLoss(await loss(job));
      case 'accept-loss':
        return acceptLoss(await loss(job), question.gaps);
      case 'frauds':
        return readFrauds(databaseOf(job), question.limit);
      case 'deliveries':
        return readDeliveries(databaseOf(job), question.limit, alertOf(job).delivery.linkBase);
      case 'resend-alerts':
        return resendAlerts(databaseOf(job), question.transNums, systemClock.now());
      case 'discard-alerts':
        return discardAlerts(databaseOf(job), question.transNums);
      case 'maintain':
        return maintain(job, await storesOf(job), question.task);
      case 'totals':
        return readTotals(databaseOf(job));
      case 'trace':
        return traceTransaction(await tracing(job), question.transNum);
      case 'explain':
        return explainScore(databaseOf(job), apiOf(alertOf(job).fraudApiUrl), question.transNum);
      case 'quarantine':
        return answerQuarantine(await replaying(job, question.alertJob), question.question);
      default:
        return assertNever(question);
    }
  }

  async function close(): Promise<void> {
    for (const each of apis.values()) each.close();
    for (const each of [...sources.values(), ...databases.values(), ...stores.values()]) await (await each).close();
  }

  return { answer, close };
}

function alertOf({ alert }: JobSettings): AlertSettings {
  if (alert === null) throw new Error('Alert was asked about without its settings');
  return alert;
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
