/** A real Kafka Connect worker with the Debezium connector for PostgreSQL. Half a minute to start: once per file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { KAFKA_VERSION, LOGGER } from './kafka-jars.ts';
import { jarsObstacle, prepareJars, type Jars } from './maven.ts';
import { CACHE, freePort, startProgram } from './program.ts';

export const DEBEZIUM_VERSION = '3.6.3.Final';

/** What the worker brings itself; a second copy among the plug-ins would clash with it. */
const WORKERS_OWN = /^(connect-api|connect-json|connect-transforms|kafka-clients|slf4j-api)-/;

const WORKER: Jars = {
  folder: path.join(CACHE, `connect-${KAFKA_VERSION}`),
  artifacts: [
    `org.apache.kafka:connect-runtime:${KAFKA_VERSION}`,
    `org.apache.kafka:connect-json:${KAFKA_VERSION}`,
    LOGGER,
  ],
};
const DEBEZIUM: Jars = {
  folder: path.join(CACHE, `debezium-${DEBEZIUM_VERSION}`, 'postgres'),
  artifacts: [`io.debezium:debezium-connector-postgres:${DEBEZIUM_VERSION}`],
  without: (file) => WORKERS_OWN.test(file),
};

export const connectObstacle = (): string | null => jarsObstacle(WORKER) ?? jarsObstacle(DEBEZIUM);

/** The worker's own jars, and those of the connector. */
export const connectFolders = () => ({ worker: WORKER.folder, debezium: DEBEZIUM.folder });

export async function prepareConnect(): Promise<void> {
  await prepareJars(WORKER);
  await prepareJars(DEBEZIUM);
}

export interface ConnectServer {
  readonly url: string;
  end(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

/** @param kafka `host:port` of the broker that keeps its configuration and offsets */
export async function startConnect(kafka: string): Promise<ConnectServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-connect-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const properties = path.join(folder, 'connect.properties');
  await writeFile(properties, toProperties(kafka, port));
  await writeFile(path.join(folder, 'log4j2.properties'), LOGGING);
  const program = await startProgram({
    command: 'java',
    args: [
      '-Xmx512m',
      '-XX:TieredStopAtLevel=1',
      `-Dlog4j2.configurationFile=${folder}/log4j2.properties`,
      '-cp',
      path.join(WORKER.folder, '*'),
      'org.apache.kafka.connect.cli.ConnectDistributed',
      properties,
    ],
    log: path.join(folder, 'connect.log'),
    isReady: async () => (await fetch(`${url}/connectors`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  return {
    url,
    end: program.end,
    stop: async () => {
      await program.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function toProperties(kafka: string, port: number): string {
  const topics = ['config', 'offset', 'status'].flatMap((kind) => [
    `${kind}.storage.topic=connect_${kind}`,
    `${kind}.storage.replication.factor=1`,
    ...(kind === 'config' ? [] : [`${kind}.storage.partitions=1`]),
  ]);
  return `bootstrap.servers=${kafka}
group.id=connect
listeners=http://127.0.0.1:${port}
rest.advertised.host.name=127.0.0.1
rest.advertised.port=${port}
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
${topics.join('\n')}
offset.flush.interval.ms=500
plugin.path=${path.dirname(DEBEZIUM.folder)}
plugin.discovery=hybrid_warn
`;
}

const LOGGING = `rootLogger.level = WARN
rootLogger.appenderRefs = out
rootLogger.appenderRef.out.ref = OUT
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1} %m%n
`;
