/** A real Kafka broker (KRaft, one node) on 127.0.0.1. Five to seven seconds: start it once per file, in `beforeAll`. */
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { mendClient } from '../../../src/pipeline/source/kafka.ts';
import { kafkaClassPath } from './kafka-jars.ts';
import { freePort, runTool, startProgram, type Program } from './program.ts';

export { kafkaObstacle } from './kafka-jars.ts';

export const SASL_USER = { username: 'sluice', password: 'sluice-test' };

export interface KafkaServer {
  /** Plain, and advertised as it is. */
  readonly address: string;
  /** SASL (plain, scram-sha-256, scram-sha-512) over TLS; `ca` signs its certificate. */
  readonly secure: { readonly address: string; readonly ca: string };
  /** Plain, but advertised under a name that cannot be resolved, as a broker in a container is. */
  readonly hidden: { readonly address: string; readonly advertised: string };
  readonly pid: () => number;
  /** Ends the broker; its data stay. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same ports and data. */
  start(): Promise<void>;
  /** Restarts it with further lines of `server.properties`, which are stronger than those before. */
  reconfigure(lines: string): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

interface Ports {
  readonly plain: number;
  readonly secure: number;
  readonly hidden: number;
  readonly controller: number;
}

const HIDDEN_NAME = 'kafka.invalid:9092';

/** @param lines of `server.properties` that are stronger than ours */
export async function startKafka(lines = ''): Promise<KafkaServer> {
  const classPath = kafkaClassPath();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-kafka-'));
  const [plain, secure, hidden, controller] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = { plain, secure, hidden, controller };
  const ca = await makeCertificate(folder);
  await writeFile(path.join(folder, 'log4j2.properties'), LOGGING);
  await writeFile(path.join(folder, 'server.properties'), properties(folder, ports) + lines);
  await format(classPath, folder);
  let program = await run(classPath, folder, plain);
  return {
    address: `127.0.0.1:${plain}`,
    secure: { address: `localhost:${secure}`, ca },
    hidden: { address: `127.0.0.1:${hidden}`, advertised: HIDDEN_NAME },
    pid: () => program.pid,
    end: (signal) => program.end(signal),
    start: async () => {
      program = await run(classPath, folder, plain);
    },
    reconfigure: async (more) => {
      await program.end('SIGTERM');
      await appendFile(path.join(folder, 'server.properties'), `${more}\n`);
      program = await run(classPath, folder, plain);
    },
    stop: async () => {
      await program.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(classPath: string, folder: string, port: number): Promise<Program> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  await mendClient(kafka);
  return startProgram({
    command: 'java',
    args: [
      '-Xmx512m',
      '-XX:TieredStopAtLevel=1',
      ...java(classPath, folder),
      'kafka.Kafka',
      `${folder}/server.properties`,
    ],
    log: path.join(folder, 'kafka.log'),
    isReady: async () => {
      const admin = kafka.admin();
      try {
        await admin.connect();
        return (await admin.describeCluster()).brokers.length === 1;
      } finally {
        await admin.disconnect();
      }
    },
  });
}

async function format(classPath: string, folder: string): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url');
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${SASL_USER.username},password=${SASL_USER.password}]`,
  ]);
  const tool = [
    'kafka.tools.StorageTool',
    'format',
    `--cluster-id=${clusterId}`,
    '-c',
    `${folder}/server.properties`,
    ...scram,
  ];
  await runTool('java', [...java(classPath, folder), ...tool]);
}

/** A self-signed certificate for `localhost`; answers it as PEM. */
async function makeCertificate(folder: string): Promise<string> {
  const store = ['-keystore', `${folder}/keys.p12`, '-storepass', STORE_PASSWORD, '-alias', 'broker'];
  const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1'];
  await runTool('keytool', ['-genkeypair', '-keyalg', 'EC', '-validity', '2', ...names, ...store]);
  await runTool('keytool', ['-exportcert', '-rfc', '-file', `${folder}/ca.pem`, ...store]);
  return readFile(`${folder}/ca.pem`, 'utf8');
}

const java = (classPath: string, folder: string): string[] => [
  `-Dlog4j2.configurationFile=${folder}/log4j2.properties`,
  '-cp',
  classPath,
];

const STORE_PASSWORD = 'sluice-test';

/** Cleaner, retention and first rebalance work at once instead of after their usual seconds. */
function properties(folder: string, ports: Ports): string {
  const { username, password } = SASL_USER;
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${ports.controller}
listeners=PLAIN://127.0.0.1:${ports.plain},SECURE://127.0.0.1:${ports.secure},HIDDEN://127.0.0.1:${ports.hidden},CONTROLLER://127.0.0.1:${ports.controller}
advertised.listeners=PLAIN://127.0.0.1:${ports.plain},SECURE://localhost:${ports.secure},HIDDEN://${HIDDEN_NAME}
listener.security.protocol.map=PLAIN:PLAINTEXT,SECURE:SASL_SSL,HIDDEN:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";
listener.name.secure.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PKCS12
ssl.keystore.location=${folder}/keys.p12
ssl.keystore.password=${STORE_PASSWORD}
log.dirs=${folder}/data
auto.create.topics.enable=true
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=100
log.initial.task.delay.ms=100
log.retention.check.interval.ms=200
num.network.threads=2
num.io.threads=2
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
