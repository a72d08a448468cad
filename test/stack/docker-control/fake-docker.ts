/**
 * Stands in for the docker command: keeps its containers in a file, writes what docker writes, and remembers how it was
 * called. `FAKE_DOCKER` names its folder: `state.json` (containers, and what is to fail), `calls.jsonl`, `events.jsonl`.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Container {
  readonly id: string;
  readonly service: string;
  readonly status: string;
  readonly health: string | null;
  readonly exitCode: number;
}

interface State {
  readonly services: readonly string[];
  readonly containers: readonly Container[];
  /** Verb -> what it complains about. */
  readonly fail?: Readonly<Record<string, string>>;
  /** Verbs that never end. */
  readonly hang?: readonly string[];
  /** The service at which `up` waits until another one, or none, stands here. */
  readonly hold?: string | null;
  readonly logsEnd?: boolean;
}

const folder = process.env['FAKE_DOCKER'] ?? '';
const words = process.argv.slice(2);
const at = (name: string): string => path.join(folder, name);
const read = (): State => JSON.parse(readFileSync(at('state.json'), 'utf8')) as State;
const write = (state: State): void => {
  const half = at(`state.${process.pid}`);
  writeFileSync(half, JSON.stringify(state));
  renameSync(half, at('state.json'));
};

const VERBS = ['config', 'up', 'stop', 'restart', 'down'];
const verb = (words[0] === 'compose' ? words.find((word) => VERBS.includes(word)) : words[0]) ?? '';
const rest = words.slice(words.indexOf(verb) + 1);

appendFileSync(at('calls.jsonl'), `${JSON.stringify(words)}\n`);
await obey();

async function obey(): Promise<void> {
  const { containers, fail, hang, logsEnd } = read();
  if (hang?.includes(verb)) return void setInterval(() => undefined, 1_000);
  if (fail?.[verb] !== undefined) {
    process.stderr.write(`${fail[verb]}\n`);
    process.exitCode = 1;
    return;
  }
  switch (verb) {
    case 'ps':
      return say(containers.map(({ id }) => id));
    case 'inspect':
      return say([JSON.stringify(containers.filter(({ id }) => rest.includes(id)).map(inspected))]);
    case 'stats':
      return say(rest.filter((word) => /^[0-9a-f]{64}$/.test(word)).map(measured));
    case 'events':
      return followFile('events.jsonl', statSync(at('events.jsonl')).size);
    case 'logs':
      say(readFileSync(at('log.txt'), 'utf8').split('\n').filter(Boolean));
      return logsEnd === true ? undefined : followFile('log-more.txt', 0);
    case 'config':
      return;
    case 'up':
      return up(named());
    case 'stop':
      return change(named(), (each) => ({ ...each, status: 'exited', health: null, exitCode: 143 }), 'die');
    case 'restart':
      return change(named(), (each) => ({ ...each, status: 'running', health: 'starting' }), 'start');
    case 'down':
      return write({ ...read(), containers: [] });
    default:
      process.stderr.write(`unknown docker command: "${words.join(' ')}"\n`);
      process.exitCode = 1;
  }
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** The services that are named at the end; none means all of the file. */
function named(): readonly string[] {
  const found = rest.filter((word, index) => !word.startsWith('-') && rest[index - 1] !== '--wait-timeout');
  return found.length > 0 ? found : read().services;
}

/** Creates what is missing and makes it healthy, one after the other. */
async function up(services: readonly string[]): Promise<void> {
  for (const service of services) {
    const now = read();
    if (!now.containers.some((each) => each.service === service)) {
      const id = String(now.containers.length + 1).repeat(64);
      const made = { id, service, status: 'created', health: null, exitCode: 0 };
      write({ ...now, containers: [...now.containers, made] });
    }
    change([service], (each) => ({ ...each, status: 'running', health: 'starting', exitCode: 0 }), 'start');
    while (read().hold === service) await new Promise((resolve) => setTimeout(resolve, 20));
    change([service], (each) => ({ ...each, health: 'healthy' }), 'health_status: healthy');
  }
}

function change(services: readonly string[], how: (container: Container) => Container, action: string): void {
  const now = read();
  const containers = now.containers.map((each) => (services.includes(each.service) ? how(each) : each));
  write({ ...now, containers });
  for (const { service, exitCode } of containers.filter((each) => services.includes(each.service))) {
    const attributes = { 'com.docker.compose.service': service, exitCode: String(exitCode) };
    const event = { Type: 'container', Action: action, Actor: { Attributes: attributes } };
    appendFileSync(at('events.jsonl'), `${JSON.stringify(event)}\n`);
  }
}

function measured(id: string): string {
  return JSON.stringify({ ID: id, CPUPerc: '6.40%', MemUsage: '688.1MiB / 23.4GiB', Name: 'sluice' });
}

function inspected({ id, service, status, health, exitCode }: Container): object {
  const labels = { 'com.docker.compose.service': service, 'com.docker.compose.oneoff': 'False' };
  const started = { StartedAt: '2026-11-22T11:18:02.123456789Z', OOMKilled: false, Error: '' };
  return {
    Id: id,
    Config: { Image: `${service}:1`, Labels: labels },
    State: { ...started, Status: status, ExitCode: exitCode, ...(health !== null && { Health: { Status: health } }) },
    NetworkSettings: { Ports: { '9092/tcp': [{ HostIp: '127.0.0.1', HostPort: '9700' }], '29092/tcp': null } },
  };
}

/** Writes what is added to the file, until it is told to end, which it writes down. */
function followFile(name: string, from: number): void {
  let sent = from;
  process.once('SIGTERM', () => {
    appendFileSync(at('ended.txt'), `${verb}\n`);
    process.exit(143);
  });
  setInterval(() => {
    if (!existsSync(at(name))) return;
    const bytes = readFileSync(at(name));
    process.stdout.write(bytes.subarray(sent));
    sent = bytes.length;
  }, 20);
}
