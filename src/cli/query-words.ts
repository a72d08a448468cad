/** The words of the commands that act on the queries and their checkpoints. */
import { CLEAR_FROM, DEAD_LETTER_CODES, type QueryName } from '../pipeline/events.ts';
import { MOST_IDS } from './dead-letters.ts';
import type { Invocation } from './invocation.ts';
import { json, parse, UsageError } from './words.ts';

export function parseControl(command: 'start' | 'stop', rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json }, 1);
  return { command, queries: queriesOf(positionals[0]), json: values.json };
}

export function parseRestart(rest: string[]): Invocation {
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

export function parseAcceptLoss(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json, yes: json }, 1);
  const [query] = positionals;
  if (query !== 'bronze' && query !== 'alert')
    throw new UsageError('accept-loss takes the name of a query, bronze or alert.');
  return { command: 'accept-loss', query, yes: values.yes, json: values.json };
}

export function parseDeadLetters(rest: string[]): Invocation {
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

export function parseTakeOver(rest: string[]): Invocation {
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

function queriesOf(name = 'all'): readonly QueryName[] {
  if (name === 'all') return ['bronze', 'alert'];
  if (name === 'bronze' || name === 'alert') return [name];
  throw new UsageError(`There is no query "${name}": it is bronze, alert or all.`);
}
