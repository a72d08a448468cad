/** The command line -> what is asked for. Pure; throws {@link UsageError} with one sentence. */
import path from 'node:path';
import { CLEAR_FROM, DEAD_LETTER_CODES, type ClearFrom, type QueryName } from '../pipeline/events.ts';
import { parseDuration, PROFILES, SETUP_STEPS, type SettingValues, type SetupStep } from '../console/console.ts';
import { CHECK_IDS, type CheckId } from '../console/contract.ts';
import type { ConnectorWhat } from './connector.ts';
import type { TakeOverAsked } from './take-over.ts';
import { MOST_IDS, type DeadLettersAsked } from './dead-letters.ts';
import type { StackWhat } from './stack.ts';
import { parseStack } from './stack-words.ts';
import type { TableTask } from './table.ts';
import { json, linesOf, parse, UsageError } from './words.ts';

export { UsageError } from './words.ts';
import type { ProduceWhat } from './produce.ts';

export type Invocation =
  | { readonly command: 'help' | 'version' }
  | {
      readonly command: 'status';
      /** Well only when both queries run. */
      readonly running: boolean;
      readonly json: boolean;
    }
  | { readonly command: 'setup'; readonly steps: readonly SetupStep[]; readonly json: boolean }
  | { readonly command: 'hand-produce'; readonly heartbeat: string | null; readonly json: boolean }
  | { readonly command: 'start' | 'stop' | 'restart'; readonly queries: readonly QueryName[]; readonly json: boolean }
  | {
      readonly command: 'clear';
      readonly queries: readonly QueryName[];
      readonly from: ClearFrom | null;
      /** Earliest and latest are only shown without it. */
      readonly yes: boolean;
      readonly json: boolean;
    }
  | {
      readonly command: 'logs';
      readonly follow: boolean;
      readonly grep: string | undefined;
      readonly lines: number;
      readonly json: boolean;
    }
  | DeadLettersAsked
  | TakeOverAsked
  | {
      readonly command: 'alerts';
      readonly what: 'test' | 'resume' | 'resend' | 'discard';
      /** What `resend` and `discard` are about; empty = all that wait for a person. */
      readonly transNums: readonly string[];
      readonly json: boolean;
    }
  | { readonly command: 'trace' | 'explain'; readonly transNum: string; readonly json: boolean }
  | { readonly command: 'stack'; readonly asked: StackWhat; readonly json: boolean }
  | { readonly command: 'table'; readonly task: TableTask; readonly json: boolean }
  | { readonly command: 'produce'; readonly what: ProduceWhat; readonly json: boolean }
  | { readonly command: 'doctor'; readonly fix: CheckId | null; readonly json: boolean }
  | { readonly command: 'connector'; readonly what: ConnectorWhat; readonly yes: boolean; readonly json: boolean }
  | { readonly command: 'accept-loss'; readonly query: QueryName; readonly yes: boolean; readonly json: boolean }
  | {
      readonly command: 'run-query';
      readonly query: 'bronze';
      readonly runs: 'available-now' | 'until-stopped';
      readonly json: boolean;
    }
  | {
      readonly command: 'run';
      readonly durationMs: number | null;
      readonly settings: SettingValues;
      readonly json: boolean;
    };

const MAX_ALERTS = 500;

export function parseCommandLine(argv: readonly string[], cwd: string): Invocation {
  const [command = 'help', ...rest] = argv;
  switch (command) {
    case 'help':
    case '--help':
    case '-h':
      return { command: 'help' };
    case 'version':
    case '--version':
    case '-v':
      return { command: 'version' };
    case 'status':
      return { command, ...parse(rest, { json, running: json }, 0).values };
    case 'setup':
      return parseSetup(rest);
    case 'start':
    case 'stop':
      return parseControl(command, rest);
    case 'restart':
      return parseRestart(rest);
    case 'accept-loss':
      return parseAcceptLoss(rest);
    case 'doctor':
      return parseDoctor(rest);
    case 'connector':
      return parseConnector(rest);
    case 'logs':
      return parseLogs(rest);
    case 'produce':
      return parseProduce(rest);
    case 'dead-letters':
      return parseDeadLetters(rest);
    case 'take-over':
      return parseTakeOver(rest);
    case 'stack':
      return { command, ...parseStack(rest) };
    case 'table':
      return parseTable(rest);
    case 'trace':
    case 'explain':
      return parseTrace(command, rest);
    case 'alerts':
      return parseAlerts(rest);
    case 'run':
      return parseRun(rest, cwd);
    default:
      throw new UsageError(`There is no command "${command}".`);
  }
}

function parseControl(command: 'start' | 'stop', rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json }, 1);
  return { command, queries: queriesOf(positionals[0]), json: values.json };
}

function parseRestart(rest: string[]): Invocation {
  const options = { json, 'clear-checkpoints': json, yes: json, from: { type: 'string' } } as const;
  const { values, positionals } = parse(rest, options, 1);
  const queries = queriesOf(positionals[0]);
  const from = CLEAR_FROM.find((each) => each === values.from);
  if (values.from !== undefined && from === undefined)
    throw new UsageError(`--from takes ${CLEAR_FROM.join(', ')}, not "${values.from}".`);
  if (values['clear-checkpoints'])
    return { command: 'clear', queries, from: from ?? null, yes: values.yes, json: values.json };
  if (values.yes) throw new UsageError('--yes belongs to --clear-checkpoints.');
  if (from !== undefined) throw new UsageError('--from belongs to --clear-checkpoints.');
  return { command: 'restart', queries, json: values.json };
}

function parseAcceptLoss(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json, yes: json }, 1);
  const [query] = positionals;
  if (query !== 'bronze' && query !== 'alert')
    throw new UsageError('accept-loss takes the name of a query, bronze or alert.');
  return { command: 'accept-loss', query, yes: values.yes, json: values.json };
}

function parseDoctor(rest: string[]): Invocation {
  const { values } = parse(rest, { json, fix: { type: 'string' } } as const, 0);
  const fix = CHECK_IDS.find((id) => id === values.fix) ?? null;
  if (values.fix !== undefined && fix === null)
    throw new UsageError(`--fix takes one of ${CHECK_IDS.join(', ')}, not "${values.fix}".`);
  return { command: 'doctor', fix, json: values.json };
}

const CONNECTOR_WORDS: readonly ConnectorWhat[] = ['status', 'ensure', 'restart', 'pause', 'resume'];

function parseConnector(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json, yes: json }, 1);
  const what = CONNECTOR_WORDS.find((each) => each === (positionals[0] ?? 'status'));
  if (!what) throw new UsageError(`connector takes ${CONNECTOR_WORDS.join(', ')}, not "${positionals[0]}".`);
  if (values.yes && what !== 'ensure') throw new UsageError('--yes belongs to "connector ensure".');
  return { command: 'connector', what, yes: values.yes, json: values.json };
}

function parseLogs(rest: string[]): Invocation {
  const options = {
    json,
    follow: { type: 'boolean', short: 'f', default: false },
    grep: { type: 'string' },
    lines: { type: 'string', short: 'n' },
  } as const;
  const { values } = parse(rest, options, 0);
  const lines = linesOf(values.lines, 200);
  return { command: 'logs', follow: values.follow, grep: values.grep, lines, json: values.json };
}

function parseSetup(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json }, SETUP_STEPS.length);
  const unknown = positionals.find((name) => !SETUP_STEPS.some((step) => step === name));
  if (unknown !== undefined) throw new UsageError(`setup takes ${SETUP_STEPS.join(', ')}, not "${unknown}".`);
  const steps = SETUP_STEPS.filter((step) => positionals.length === 0 || positionals.includes(step));
  return { command: 'setup', steps, json: values.json };
}

function parseProduce(rest: string[]): Invocation {
  if (rest.includes('--until-stopped')) return parseHandProduce(rest);
  const { values, positionals } = parse(rest, { json }, 2);
  const [what, kind = 'suspicious'] = positionals;
  if (what === 'test' && (kind === 'normal' || kind === 'suspicious'))
    return { command: 'produce', what: kind, json: values.json };
  if (what === 'scenario' && (positionals[1] === 'card-theft' || positionals[1] === 'late-night'))
    return { command: 'produce', what: positionals[1], json: values.json };
  if ((what === 'start' || what === 'pause') && positionals.length === 1)
    return { command: 'produce', what, json: values.json };
  throw new UsageError(
    'produce takes "test [normal|suspicious]", "scenario card-theft|late-night", "start" or "pause".',
  );
}

/** The producer by hand, with neither stack nor window. */
function parseHandProduce(rest: string[]): Invocation {
  const { values } = parse(rest, { json, 'until-stopped': json, heartbeat: { type: 'string' } }, 0);
  return { command: 'hand-produce', heartbeat: values.heartbeat ?? null, json: values.json };
}

const BY_HAND = ['--available-now', '--until-stopped'];

/** One query by hand, with neither stack nor window. */
function parseRunQuery(rest: string[]): Invocation {
  const options = { json, 'available-now': json, 'until-stopped': json } as const;
  const { values, positionals } = parse(rest, options, 1);
  const [query] = positionals;
  if (query !== 'bronze')
    throw new UsageError(`run takes bronze, ${query === undefined ? 'and it is missing' : `not "${query}"`}.`);
  if (values['available-now'] === values['until-stopped'])
    throw new UsageError('run bronze takes either --available-now or --until-stopped.');
  const runs = values['available-now'] ? 'available-now' : 'until-stopped';
  return { command: 'run-query', query, runs, json: values.json };
}

function parseDeadLetters(rest: string[]): Invocation {
  const text = { type: 'string' } as const;
  const options = { json, yes: json, query: text, reason: text, lines: { type: 'string', short: 'n' } } as const;
  const { values, positionals } = parse(rest, options, MOST_IDS + 1);
  const [what = 'list', ...ids] = positionals;
  if (what !== 'list' && what !== 'show' && what !== 'replay' && what !== 'export')
    throw new UsageError('dead-letters takes list, show ID..., replay or export.');
  const reason = DEAD_LETTER_CODES.find((code) => code === values.reason);
  if (values.reason !== undefined && !reason)
    throw new UsageError(`--reason is one of ${DEAD_LETTER_CODES.join(', ')}, not "${values.reason}".`);
  const [query] = values.query === undefined || values.query === 'all' ? [] : queriesOf(values.query);
  const limit = values.lines === undefined ? 50 : Number(values.lines);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_IDS)
    throw new UsageError(`-n takes a number from 1 to ${MOST_IDS}.`);
  if (what === 'show' && ids.length === 0) throw new UsageError('show takes the id of a letter, as list prints it.');
  if (ids.length > 0 && (what === 'list' || what === 'export')) throw new UsageError(`${what} takes no ids.`);
  if (values.yes && what !== 'replay') throw new UsageError('--yes belongs to replay.');
  if (what === 'replay' && values.yes && ids.length === 0 && !reason)
    throw new UsageError('replay --yes takes ids or --reason: what is replayed is always named.');
  return {
    command: 'dead-letters',
    what,
    query: query ?? 'all',
    reason,
    ids,
    yes: values.yes,
    limit,
    json: values.json,
  };
}

function parseTakeOver(rest: string[]): Invocation {
  const text = { type: 'string' } as const;
  const options = {
    json,
    'spark-is-stopped': json,
    query: text,
    checkpoint: text,
    table: text,
    brokers: text,
  } as const;
  const { values, positionals } = parse(rest, options, 1);
  const [what] = positionals;
  if (what !== 'inspect' && what !== 'confirm') throw new UsageError('take-over takes inspect or confirm.');
  const query = values.query ?? 'bronze';
  if (query !== 'bronze' && query !== 'alert') throw new UsageError(`--query is bronze or alert, not "${query}".`);
  if (query === 'alert' && values.table !== undefined) throw new UsageError('Alert has no table.');
  if (values['spark-is-stopped'] && what === 'inspect')
    throw new UsageError('--spark-is-stopped belongs to take-over confirm.');
  return {
    command: 'take-over',
    what,
    query,
    checkpoint: values.checkpoint ?? null,
    table: values.table ?? null,
    brokers: values.brokers ?? null,
    sparkIsStopped: values['spark-is-stopped'],
    json: values.json,
  };
}

function parseTable(rest: string[]): Invocation {
  const options = { json, 'dry-run': json, delete: json, lines: { type: 'string', short: 'n' } } as const;
  const { values, positionals } = parse(rest, options, 1);
  const [what] = positionals;
  const flags = { optimize: values['dry-run'], vacuum: values.delete, history: values.lines !== undefined };
  const wrong = Object.entries(flags).find(([name, given]) => given && name !== what);
  if (wrong) throw new UsageError(`That option belongs to "table ${wrong[0]}".`);
  switch (what) {
    case 'health':
      return { command: 'table', task: { what }, json: values.json };
    case 'history':
      return { command: 'table', task: { what, limit: linesOf(values.lines, 20) }, json: values.json };
    case 'optimize':
      return { command: 'table', task: { what, dryRun: values['dry-run'] }, json: values.json };
    case 'vacuum':
      return { command: 'table', task: { what, delete: values.delete }, json: values.json };
    default:
      throw new UsageError('table takes "health", "history", "optimize" or "vacuum".');
  }
}

function parseTrace(command: 'trace' | 'explain', rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json }, 1);
  const [transNum] = positionals;
  if (transNum === undefined) throw new UsageError(`${command} takes the number of a transaction.`);
  return { command, transNum, json: values.json };
}

function parseAlerts(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json, all: { type: 'boolean', default: false } }, MAX_ALERTS + 1);
  const [what, ...transNums] = positionals;
  if ((what === 'test' || what === 'resume') && transNums.length === 0 && !values.all)
    return { command: 'alerts', what, transNums, json: values.json };
  if ((what === 'resend' || what === 'discard') && transNums.length > 0 !== values.all)
    return { command: 'alerts', what, transNums, json: values.json };
  throw new UsageError('alerts takes "test", "resume", or "resend" or "discard" with transaction numbers or --all.');
}

function parseRun(rest: string[], cwd: string): Invocation {
  const isQuery = rest.some((word, at) => (at === 0 && !word.startsWith('-')) || BY_HAND.includes(word));
  if (isQuery) return parseRunQuery(rest);
  const text = { type: 'string' } as const;
  const options = {
    json,
    headless: json,
    idle: json,
    duration: text,
    rate: text,
    bulk: text,
    csv: text,
    seed: text,
    stack: text,
  } as const;
  const { values } = parse(rest, options, 0);
  if (!values.headless) throw new UsageError('run needs --headless; the window opens with "npm start".');
  if (values.idle && (values.bulk ?? values.rate ?? values.csv) !== undefined)
    throw new UsageError('--idle goes with neither --rate, --bulk nor --csv.');
  if (values.bulk !== undefined && values.rate !== undefined)
    throw new UsageError('--bulk and --rate exclude each other.');
  const mode = values.idle
    ? 'idle'
    : values.bulk !== undefined
      ? 'bulk'
      : values.rate !== undefined
        ? 'stream'
        : undefined;
  if (values.stack !== undefined && !PROFILES.some((profile) => profile === values.stack))
    throw new UsageError(`--stack takes ${PROFILES.join(', ')}, not "${values.stack}".`);
  const settings: SettingValues = {
    stack: values.stack,
    'producer.mode': mode,
    'producer.rate': values.rate,
    'producer.rows': values.bulk,
    'producer.seed': values.seed,
    'producer.csv': values.csv === undefined ? undefined : path.resolve(cwd, values.csv),
  };
  return { command: 'run', durationMs: durationOf(values.duration), settings, json: values.json };
}

function durationOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  // A bare number is seconds here, as it is with timeout(1) and sleep(1).
  const ms = parseDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
  if (ms === null || ms <= 0) throw new UsageError(`--duration takes a time such as 60s or 5m, not "${text}".`);
  return ms;
}

function queriesOf(name = 'all'): readonly QueryName[] {
  if (name === 'all') return ['bronze', 'alert'];
  if (name === 'bronze' || name === 'alert') return [name];
  throw new UsageError(`There is no query "${name}": it is bronze, alert or all.`);
}
