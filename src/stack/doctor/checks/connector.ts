/** Kafka Connect and the Debezium connector on it. */
import { diffConfig, type ConfigFinding } from '../../connector/config.ts';
import type { ConnectorState, ConnectorView } from '../../connector/connector.ts';
import { byHand, byUs, failed, passed, warned, without, type Check } from '../check.ts';
import type { Instruments } from '../instruments.ts';
import type { ConnectTarget, Patient } from '../patient.ts';
import type { Finding, Fix } from '../report.ts';

const DECIMALS = 'decimal.handling.mode';
const EMBEDDED = 'the embedded stack captures changes by itself';
const NONE = 'no address of Kafka Connect is set (CONNECT_URL)';

export function connectorChecks(patient: Patient): Check[] {
  const target = patient.servers?.connect ?? null;
  const skip = target ? null : patient.profile === 'embedded' ? EMBEDDED : NONE;
  const check = (
    id: Check['id'],
    title: string,
    looked: string,
    judge: (view: ConnectorView, target: ConnectTarget) => Finding,
  ): Check => ({
    id,
    group: 'connector',
    title,
    looked,
    needs: ['connect'],
    skip,
    look: async (tools) => judge(await viewOf(tools, needed(target)), needed(target)),
    repair: (tools) => repair(tools, needed(target), id),
  });
  const url = target?.url ?? 'Kafka Connect';
  return [
    {
      id: 'connect',
      group: 'connector',
      title: 'Kafka Connect answers',
      looked: url,
      needs: [],
      skip,
      look: async (tools) => lookAtWorker(tools, needed(target).url),
    },
    check('connector', 'Connector task runs', `the connector and its tasks on ${url}`, judgeState),
    check('decimal-mode', 'Amounts arrive as numbers', `${DECIMALS} of the connector`, (view, wanted) =>
      judgeConfig(view, wanted, ({ name }) => name === DECIMALS),
    ),
    check(
      'connector-config',
      'Connector is set as it should be',
      'the configuration of the connector',
      (view, wanted) => judgeConfig(view, wanted, ({ name }) => name !== DECIMALS),
    ),
  ];
}

async function lookAtWorker(tools: Instruments, url: string): Promise<Finding> {
  const { status, json } = await tools.http(new URL('/', url).href);
  const { version } = (json ?? {}) as { version?: string };
  const expected = 'a worker of Kafka Connect';
  if (status === 200 && version !== undefined) return passed(`Kafka Connect ${version}`, expected);
  const fix = byHand('Check that the address (CONNECT_URL) is the one of Kafka Connect and not of another server.');
  return failed(`an answer of ${status} that is not Kafka Connect’s`, expected, fix);
}

const viewOf = (tools: Instruments, target: ConnectTarget): Promise<ConnectorView> => tools.connector(target).view();

function judgeState(view: ConnectorView): Finding {
  const { state, connector, tasks, name } = view;
  const expected = 'connector and task RUNNING';
  const seen =
    state === 'ABSENT'
      ? `there is no connector ${name}`
      : `connector ${connector}, ${tasks.length === 0 ? 'no task' : tasks.map((task) => `task ${task.id} ${task.state}`).join(', ')}`;
  if (state === 'RUNNING') return passed(seen, expected);
  const fix = stateFix(view);
  const why = view.reason === null ? '' : `: ${view.reason}`;
  return state === 'PAUSED' || state === 'STOPPED' ? warned(seen, expected, fix) : failed(seen + why, expected, fix);
}

/** What helps a connector in this state, and what Kafka Connect is asked for. */
function stateFix(view: ConnectorView): Fix {
  const { state, name } = view;
  const path = `/connectors/${name}`;
  switch (state) {
    case 'ABSENT':
      return byUs('No change reaches Kafka without it.', 'Create connector', [
        `PUT ${path}/config, as Sluice wants it`,
      ]);
    case 'PAUSED':
    case 'STOPPED':
      return byUs('It waits for somebody to resume it; the slot keeps the log meanwhile.', 'Resume', [
        `PUT ${path}/resume`,
      ]);
    case 'FAILED':
      return byUs(failedText(view), 'Restart task', [`POST ${path}/restart?includeTasks=true&onlyFailed=true`]);
    default:
      return byHand('It is on its way: look again in a few seconds.');
  }
}

/** Causes that a restart alone does not cure are named. */
function failedText({ tasks, findings }: ConnectorView): string {
  const trace = tasks.map((task) => task.trace ?? '').join('\n');
  const known = CAUSES.find(({ sign }) => sign.test(trace))?.cure;
  // Debezium's trace does not always name the value that has no exact form.
  const cure = known ?? (findings.some(({ name }) => name === DECIMALS) ? NO_EXACT_FORM : null);
  return cure === null
    ? 'No change is lost: the slot keeps the log. Restart the task.'
    : `${cure} Then restart the task.`;
}

const NO_EXACT_FORM = `A value such as NaN has no exact form: set ${DECIMALS} to double first.`;

const CAUSES: readonly { readonly sign: RegExp; readonly cure: string }[] = [
  { sign: /NumberFormatException|special value|NaN|Infinity/, cure: NO_EXACT_FORM },
  { sign: /password authentication failed/, cure: 'PostgreSQL refuses the connector’s password: correct it first.' },
  { sign: /no longer available|can no longer|removed by|invalidat/i, cure: 'The slot is lost: see "Slot is read".' },
  { sign: /wal_level/, cure: 'PostgreSQL does not write a logical log: set wal_level first.' },
  { sign: /is active for PID/, cure: 'Another reader holds the slot: end it first.' },
  { sign: /must be superuser|permission denied/i, cure: 'The connector’s user lacks rights: grant them first.' },
];

function judgeConfig(
  view: ConnectorView,
  { wanted }: ConnectTarget,
  picks: (finding: ConfigFinding) => boolean,
): Finding {
  if (view.state === 'ABSENT') return without('there is no connector yet');
  const [first, ...others] = view.findings.filter(picks);
  if (!first) {
    const kept = view.config[DECIMALS] ?? '';
    return picks({ name: DECIMALS, seen: '', expected: '', why: '', severity: 'error' })
      ? passed(`${DECIMALS} = ${kept}`, 'double or string')
      : passed('nothing that is known to go wrong', 'settings that lose nothing');
  }
  const all = [first, ...others];
  const seen = all.map(({ name, seen: value }) => `${name} = ${value}`).join('; ');
  const expected = all.map(({ name, expected: value }) => `${name} = ${value}`).join('; ');
  const names = new Set(all.map(({ name }) => name));
  const changes = diffConfig(view.config, wanted).filter(({ name }) => names.has(name));
  const will = changes.map(({ name, from, to }) => `PUT ${name}: ${from ?? 'absent'} -> ${to ?? 'absent'}`);
  const fix =
    will.length === names.size
      ? byUs(first.why, 'Correct', will)
      : byHand(first.why, `${first.name}=${first.expected}`);
  return first.severity === 'warn' ? warned(seen, expected, fix) : failed(seen, expected, fix);
}

async function repair(tools: Instruments, target: ConnectTarget, id: Check['id']): Promise<void> {
  const { wanted } = target;
  const connector = tools.connector(target);
  const { state, findings } = await connector.view();
  if (id === 'connector') await act(connector, state, wanted);
  else {
    const names = findings.map(({ name }) => name).filter((name) => (name === DECIMALS) === (id === 'decimal-mode'));
    await connector.ensure(
      Object.fromEntries(names.flatMap((name) => (name in wanted ? [[name, wanted[name] ?? '']] : []))),
    );
  }
  await connector.settled();
}

function act(connector: ReturnType<Instruments['connector']>, state: ConnectorState, wanted: ConnectTarget['wanted']) {
  if (state === 'ABSENT') return connector.ensure(wanted);
  return state === 'FAILED' ? connector.restartFailed() : connector.resume();
}

function needed(target: ConnectTarget | null): ConnectTarget {
  if (target === null) throw new Error('the connector was looked at without its address');
  return target;
}
