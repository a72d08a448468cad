/** The words of the commands that ask a running console, or look after one part of it. */
import { CHECK_IDS } from '../console/contract.ts';
import type { ConnectorWhat } from './connector.ts';
import type { Invocation } from './invocation.ts';
import { json, linesOf, parse, UsageError } from './words.ts';

const MAX_ALERTS = 500;

export function parseLogs(rest: string[]): Invocation {
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

export function parseDoctor(rest: string[]): Invocation {
  const { values } = parse(rest, { json, fix: { type: 'string' } } as const, 0);
  const fix = CHECK_IDS.find((id) => id === values.fix) ?? null;
  if (values.fix !== undefined && fix === null)
    throw new UsageError(`--fix takes one of ${CHECK_IDS.join(', ')}, not "${values.fix}".`);
  return { command: 'doctor', fix, json: values.json };
}

const CONNECTOR_WORDS: readonly ConnectorWhat[] = ['status', 'ensure', 'restart', 'pause', 'resume'];

export function parseConnector(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json, yes: json }, 1);
  const what = CONNECTOR_WORDS.find((each) => each === (positionals[0] ?? 'status'));
  if (!what) throw new UsageError(`connector takes ${CONNECTOR_WORDS.join(', ')}, not "${positionals[0]}".`);
  if (values.yes && what !== 'ensure') throw new UsageError('--yes belongs to "connector ensure".');
  return { command: 'connector', what, yes: values.yes, json: values.json };
}

export function parseTable(rest: string[]): Invocation {
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

export function parseTrace(command: 'trace' | 'explain', rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json }, 1);
  const [transNum] = positionals;
  if (transNum === undefined) throw new UsageError(`${command} takes the number of a transaction.`);
  return { command, transNum, json: values.json };
}

export function parseAlerts(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json, all: { type: 'boolean', default: false } }, MAX_ALERTS + 1);
  const [what, ...transNums] = positionals;
  if ((what === 'test' || what === 'resume') && transNums.length === 0 && !values.all)
    return { command: 'alerts', what, transNums, json: values.json };
  if ((what === 'resend' || what === 'discard') && transNums.length > 0 !== values.all)
    return { command: 'alerts', what, transNums, json: values.json };
  throw new UsageError('alerts takes "test", "resume", or "resend" or "discard" with transaction numbers or --all.');
}
