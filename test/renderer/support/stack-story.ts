/** The stack of the story: in docker with a failed task, and embedded with nothing to fix. */
import type {
  CaptureView,
  CheckId,
  CheckView,
  DoctorReport,
  FixResult,
  ServiceLog,
  ServiceView,
  Snapshot,
} from '../../../src/console/contract.ts';
import { full, NOW } from './story.ts';

const MINUTE = 60_000;
const MIB = 1024 * 1024;

const TRACE = `org.apache.kafka.connect.errors.ConnectException: An exception occurred in the change event producer. This connector will be stopped.
\tat io.debezium.pipeline.ErrorHandler.setProducerThrowable(ErrorHandler.java:85)
\tat io.debezium.connector.postgresql.PostgresStreamingChangeEventSource.execute(PostgresStreamingChangeEventSource.java:234)
\tat io.debezium.pipeline.ChangeEventSourceCoordinator.streamEvents(ChangeEventSourceCoordinator.java:326)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: org.postgresql.util.PSQLException: FATAL: terminating connection due to administrator command
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2713)
\tat org.postgresql.core.v3.replication.V3PGReplicationStream.readInternal(V3PGReplicationStream.java:165)`;

/** The same day with the docker profile. @param change of single services, by name */
export function docker(change: Readonly<Record<string, Partial<ServiceView>>> = {}): Snapshot {
  const base = full();
  const rows = [
    ['postgres', 'PostgreSQL', [[5432, 5432]], 3.1, 212, 224],
    ['kafka', 'Kafka', [[9700, 9092]], 6.4, 688, 224],
    ['debezium-connect', 'Kafka Connect', [[8083, 8083]], 0.9, 541, 223],
    [
      'minio',
      'MinIO',
      [
        [9000, 9000],
        [9001, 9001],
      ],
      1.8,
      164,
      224,
    ],
    ['fraud-api', 'Fraud API', [[8000, 8000]], 0.4, 302, 223],
    ['data-producer', 'Data producer', [], 1.2, 58, 82],
  ] as const;
  const services = rows.map(([name, title, ports, cpuPercent, memory, up]): ServiceView => {
    const view: ServiceView = {
      name,
      title,
      state: 'OK',
      detail: name === 'data-producer' ? 'running' : 'running, healthy',
      pid: null,
      address: ports[0] ? `127.0.0.1:${ports[0][0]}` : null,
      container: {
        image: `${name}:1`,
        state: 'running',
        health: name === 'data-producer' ? null : 'healthy',
        exitCode: null,
        ports: ports.map(([host, container]) => ({ host, container })),
        cpuPercent,
        memoryBytes: memory * MIB,
        upSince: NOW - up * MINUTE,
      },
      verbs: ['stop', 'restart', 'logs'],
    };
    return { ...view, ...change[name] };
  });
  return { ...base, console: { ...base.console, profile: 'docker' }, services };
}

/** A service that somebody has stopped, and one that comes up. */
export const dockerChanging = (): Snapshot => {
  const base = docker({
    minio: { state: 'STOPPED', detail: 'exited with 0', verbs: ['start', 'logs'] },
    kafka: { state: 'STARTING', detail: 'waiting for its health check' },
  });
  const work = { verb: 'restart', service: 'kafka', step: 'Waiting for Kafka to be healthy', since: NOW } as const;
  return { ...base, console: { ...base.console, work } };
};

const samples = (broken: boolean): CaptureView['samples'] =>
  Array.from({ length: 120 }, (_, index) => {
    const since = broken ? Math.max(0, index - 100) : 0;
    return { at: NOW - (119 - index) * 15_000, retainedBytes: (18 + Math.sin(index / 7) * 0.6 + since * 2.3) * MIB };
  });

const slot = {
  name: 'debezium',
  active: true,
  wal: 'reserved',
  retainedBytes: 18 * MIB,
  unconfirmedBytes: 2_112,
  safeBytes: 2_030 * MIB,
  limitBytes: 2_048 * MIB,
  confirmedLsn: '0/1A9C4410',
  currentLsn: '0/1A9C4C50',
} as const;

const WANTED = { 'decimal.handling.mode': 'double', 'plugin.name': 'pgoutput' };

/** Everything well, in docker. */
export function wellCapture(): CaptureView {
  return {
    at: NOW,
    connector: {
      name: 'postgres-connector',
      state: 'RUNNING',
      connector: 'RUNNING',
      tasks: [{ id: 0, state: 'RUNNING', worker: 'connect:8083', trace: null }],
      reason: null,
      config: WANTED,
      findings: [],
      url: 'http://127.0.0.1:8083',
      changes: [],
      lastRestart: null,
    },
    without: null,
    connectorError: null,
    slot,
    slotName: 'debezium',
    slotError: null,
    growth: { perMinute: 0, lostInMs: null },
    samples: samples(false),
  };
}

/** The task has failed, the amounts are exact, and the slot grows. */
export function failedCapture(): CaptureView {
  const base = wellCapture();
  return {
    ...base,
    connector: base.connector && {
      ...base.connector,
      state: 'FAILED',
      tasks: [{ id: 0, state: 'FAILED', worker: 'connect:8083', trace: TRACE }],
      reason: TRACE.split('\n')[0] ?? '',
      findings: [
        {
          name: 'decimal.handling.mode',
          seen: 'absent, which means precise',
          expected: 'double',
          why: 'With precise, amt arrives as base64 text: other readers of the topic turn it into null, and a NaN makes the task fail.',
          severity: 'error',
        },
      ],
      changes: [
        { name: 'decimal.handling.mode', from: null, to: 'double' },
        { name: 'publication.autocreate.mode', from: 'all_tables', to: 'filtered' },
      ],
      lastRestart: { at: NOW - 72 * MINUTE, settled: 'RUNNING' },
    },
    slot: { ...slot, active: false, retainedBytes: 61.7 * MIB, safeBytes: 1_986 * MIB, currentLsn: '0/1D0B6E58' },
    growth: { perMinute: 9.2 * MIB, lostInMs: 215 * MINUTE },
    samples: samples(true),
  };
}

/** The embedded stack captures by itself. */
export function embeddedCapture(): CaptureView {
  return {
    ...wellCapture(),
    connector: null,
    without: 'The embedded stack captures changes by itself; no connector is needed.',
    slot: { ...slot, limitBytes: null, safeBytes: null },
  };
}

/** Before the first start: neither connector nor slot. */
export function noCapture(): CaptureView {
  return { ...embeddedCapture(), slot: null, samples: [], growth: { perMinute: null, lostInMs: null } };
}

/** Lost: the slot, and with it what nobody had read. */
export function lostCapture(): CaptureView {
  const { connector, ...base } = failedCapture();
  return {
    ...base,
    connector: connector && {
      ...connector,
      state: 'ABSENT',
      connector: 'ABSENT',
      tasks: [],
      reason: null,
      findings: [],
    },
    slot: { ...slot, active: false, wal: 'lost', safeBytes: null },
  };
}

function check(
  id: CheckId,
  title: string,
  state: CheckView['state'],
  seen: string,
  more: Partial<CheckView> = {},
): CheckView {
  return {
    id,
    title,
    group: 'machine',
    state,
    looked: 'what it looks at',
    seen,
    expected: 'as it should be',
    fix: null,
    tookMs: 12,
    ...more,
  };
}

const PASSED: readonly (readonly [CheckId, string, string])[] = [
  ['data-folder', 'Data folder can be written', 'a test file was written and removed'],
  ['disk', 'Disk has room', '186 GB of 480 GB free'],
  ['docker', 'Docker and compose answer', 'engine 26.1.5, compose 2.26.1'],
  ['wal-level', 'wal_level is logical', 'logical, 1 of 10 slots used'],
  ['topic', 'Topic exists', '4 partitions, kept 7 days'],
  ['bucket', 'Bucket can be reached', 'lakehouse answers'],
  ['conditional-put', 'Of two writers one wins', 'conditional PUT honoured'],
  ['fraud-api', 'Model is loaded', 'model_loaded = true, fraud-xgb 1.4.0'],
  ['clocks', 'Clocks agree', '28 ms apart at most, 4 servers'],
];

export function brokenReport(): DoctorReport {
  const restart = 'POST /connectors/postgres-connector/restart?includeTasks=true&onlyFailed=true';
  const checks = [
    check('connector', 'Connector task runs', 'failed', 'connector RUNNING, task 0 FAILED', {
      expected: 'connector and task RUNNING',
      fix: {
        text: 'No change is lost: the slot keeps the log. Restart the task.',
        command: null,
        action: { label: 'Restart task', will: [restart] },
      },
    }),
    check(
      'decimal-mode',
      'Amounts arrive as numbers',
      'failed',
      'decimal.handling.mode = absent, which means precise',
      {
        expected: 'decimal.handling.mode = double',
        fix: {
          text: 'With precise, amt arrives as base64 text.',
          command: null,
          action: { label: 'Correct', will: ['PUT decimal.handling.mode: absent -> double'] },
        },
      },
    ),
    check('slot', 'Slot is read', 'warn', 'debezium has no reader; 61.7 MB kept, 1.9 GB until it is lost', {
      expected: 'a slot that is read, with little log kept for it',
      fix: { text: 'Restart the connector: it makes and reads the slot.', command: null, action: null },
    }),
    check(
      'kafka-listeners',
      'Kafka answers where it says',
      'warn',
      'Kafka advertises kafka:9092, a name that this machine cannot resolve',
      {
        expected: 'addresses that this machine can reach',
        fix: {
          text: 'Map what it advertises to what this machine can reach, then restart the queries.',
          command: 'KAFKA_BROKER_MAP=kafka:9092=localhost:9700',
          action: null,
        },
      },
    ),
    ...PASSED.map(([id, title, seen]) => check(id, title, 'passed', seen)),
    check('passwords', 'No password that everybody knows', 'skipped', 'the embedded stack makes up its own'),
  ];
  return { at: NOW - 4_000, tookMs: 840, profile: 'docker', checks };
}

export function wellReport(profile = 'embedded'): DoctorReport {
  const skipped = ['kafka', 'connect', 'bucket'] as const;
  const checks = [
    ...PASSED.filter(([id]) => id !== 'docker' && id !== 'bucket').map(([id, title, seen]) =>
      check(id, title, 'passed', seen),
    ),
    ...skipped.map((id) => check(id, `About ${id}`, 'skipped', 'the embedded stack has none')),
  ];
  return { at: NOW - 4_000, tookMs: 310, profile, checks };
}

export function fixedCheck(): FixResult {
  const [first] = brokenReport().checks;
  const check: CheckView = {
    ...(first as CheckView),
    state: 'passed',
    seen: 'connector RUNNING, task 0 RUNNING',
    fix: null,
  };
  return { did: first?.fix?.action?.will ?? [], check };
}

export function serviceLog(): ServiceLog {
  const lines = ['Kafka Server started', 'Created log for partition postgres.public.transactions-0', 'Elected leader'];
  return {
    lines: lines.map((text, id) => ({ id, at: NOW - 60_000 + id * 900, text: `[KafkaServer id=1] ${text}` })),
    last: 3,
  };
}
