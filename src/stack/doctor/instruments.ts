/** What the checks look with: clients of everything, opened by their first use and closed together. */
import { lookup } from 'node:dns/promises';
import { statfs } from 'node:fs/promises';
import net from 'node:net';
import type { PostgresSettings, SourceSettings } from '../../pipeline/job-settings.ts';
import { openSource } from '../../pipeline/jobs.ts';
import type { Log, Source } from '../../pipeline/ports.ts';
import type { KafkaProbe } from '../../pipeline/source/kafka-probe.ts';
import type { KafkaSettings } from '../../pipeline/source/kafka-settings.ts';
import { openDatabase, type Database } from '../../pipeline/sql.ts';
import type { S3Settings } from '../../pipeline/store/s3-settings.ts';
import type { S3Store } from '../../pipeline/store/s3.ts';
import type { StoreLocation } from '../../pipeline/store/location.ts';
import { openStore, type OpenStore } from '../../pipeline/store/open.ts';
import { openConnector, type Connector } from '../connector/connector.ts';
import type { StackControl } from '../stack.ts';
import { readListeners, type Listener } from './listeners.ts';

export interface Instruments {
  now(): number;
  sql(settings: PostgresSettings): Database;
  kafka(settings: KafkaSettings): Promise<KafkaProbe>;
  /** Creates the topic unless it is there, with the cluster's own copies and retention. */
  createTopic(settings: KafkaSettings, partitions: number): Promise<void>;
  source(settings: SourceSettings): Promise<Source>;
  connector(at: { readonly url: string; readonly name: string }): Connector;
  store(location: StoreLocation): Promise<OpenStore>;
  s3(settings: S3Settings): Promise<S3Store>;
  createBucket(settings: S3Settings): Promise<void>;
  /** Any answer is an answer; rejects when there is none. */
  http(url: string, method?: 'GET' | 'POST'): Promise<HttpLook>;
  /** Resolves when the name has an address; rejects like `dns.lookup`. */
  resolve(host: string): Promise<void>;
  /** Resolves when somebody listens there. */
  dial(address: string): Promise<void>;
  disk(folder: string): Promise<{ readonly free: number; readonly total: number }>;
  listeners(): Promise<readonly Listener[] | null>;
  docker: DockerTool | null;
  /** What can be done to the services of a docker stack; null where nothing can. */
  control: Pick<StackControl, 'start'> | null;
  close(): Promise<void>;
}

export interface HttpLook {
  readonly status: number;
  /** The server's own time, ms, in whole seconds; null when it does not tell. */
  readonly at: number | null;
  /** Parsed, or null when it is no JSON. */
  readonly json: unknown;
}

/** What is asked of docker. */
export interface DockerTool {
  /** Version of the engine; throws when it does not answer. */
  version(): Promise<string>;
  /** Version of the compose plugin; throws when there is none. */
  composeVersion(): Promise<string>;
  /** Where the engine keeps its images and volumes. */
  root(): Promise<string>;
}

const HTTP_MS = 5_000;
const DIAL_MS = 3_000;
const LONGEST_JSON = 1024 * 1024;

export interface InstrumentOptions {
  readonly log: Log;
  /** Null where nothing runs in docker. */
  readonly docker?: DockerTool | null;
  readonly control?: Pick<StackControl, 'start'> | null;
}

export function openInstruments({ log, docker = null, control = null }: InstrumentOptions): Instruments {
  const databases = new Map<string, Database>();
  const probes = new Map<string, Promise<KafkaProbe>>();
  const sources = new Map<string, Promise<Source>>();
  const stores = new Map<string, Promise<OpenStore>>();
  const buckets = new Map<string, Promise<S3Store>>();
  return {
    now: () => Date.now(),
    sql: (settings) =>
      kept(databases, settings, () => openDatabase(settings, { max: 2, applicationName: 'sluice doctor' })),
    kafka: (settings) =>
      kept(probes, settings, async () =>
        (await import('../../pipeline/source/kafka-probe.ts')).openKafkaProbe(settings),
      ),
    createTopic: async (settings, partitions) =>
      void (await (await import('../../pipeline/source/kafka.ts')).ensureTopic(settings, partitions)),
    source: (settings) => kept(sources, settings, () => openSource(settings, log)),
    connector: openConnector,
    store: (location) => kept(stores, location, () => openStore(location, log)),
    s3: (settings) =>
      kept(buckets, settings, async () =>
        (await import('../../pipeline/store/s3.ts')).openS3Store(settings, log, QUICK_S3),
      ),
    createBucket: async (settings) =>
      void (await (await import('../../pipeline/store/s3.ts')).ensureBucket(settings, log)),
    http: askHttp,
    resolve: async (host) => void (await lookup(host)),
    dial,
    disk: async (folder) => {
      const { bavail, blocks, bsize } = await statfs(folder);
      return { free: bavail * bsize, total: blocks * bsize };
    },
    listeners: () => readListeners(),
    docker,
    control,
    close: async () => {
      const closing = [
        ...[...databases.values()].map((each) => each.close()),
        ...[...probes.values()].map(async (each) => (await each).close()),
        ...[...sources.values()].map(async (each) => (await each).close()),
        ...[...stores.values(), ...buckets.values()].map(async (each) => (await each).close()),
      ];
      await Promise.allSettled(closing);
    },
  };
}

/** One try: the doctor tells what is, it does not wait until it is better. */
const QUICK_S3 = {
  connectMs: 3_000,
  attemptMs: 5_000,
  bytesPerSecond: 256 * 1024,
  pageSize: 1_000,
  retry: { tries: 1, totalMs: 1_000, baseMs: 100, maxWaitMs: 100 },
};

function kept<T>(cache: Map<string, T>, key: unknown, open: () => T): T {
  const name = JSON.stringify(key);
  const known = cache.get(name);
  if (known) return known;
  const opened = open();
  cache.set(name, opened);
  return opened;
}

async function askHttp(url: string, method: 'GET' | 'POST' = 'GET'): Promise<HttpLook> {
  const response = await fetch(url, { method, redirect: 'manual', signal: AbortSignal.timeout(HTTP_MS) });
  const text = (await response.text()).slice(0, LONGEST_JSON);
  const at = Date.parse(response.headers.get('date') ?? '');
  return { status: response.status, at: Number.isNaN(at) ? null : at, json: parseJson(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function dial(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
    const finish = (error?: Error): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(DIAL_MS, () => finish(new Error(`no answer within ${DIAL_MS / 1_000} s`)));
    socket.once('connect', () => finish()).once('error', finish);
  });
}
