/** The words of the commands that run something here: the console, a query by hand, the producer, a set-up. */
import path from 'node:path';
import { parseDuration, PROFILES, SETUP_STEPS, type SettingValues } from '../console/console.ts';
import type { Invocation } from './invocation.ts';
import { json, parse, UsageError } from './words.ts';

export function parseRun(rest: string[], cwd: string): Invocation {
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

const BY_HAND = ['--available-now', '--until-stopped'];

export function parseProduce(rest: string[]): Invocation {
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

export function parseSetup(rest: string[]): Invocation {
  const { values, positionals } = parse(rest, { json }, SETUP_STEPS.length);
  const unknown = positionals.find((name) => !SETUP_STEPS.some((step) => step === name));
  if (unknown !== undefined) throw new UsageError(`setup takes ${SETUP_STEPS.join(', ')}, not "${unknown}".`);
  const steps = SETUP_STEPS.filter((step) => positionals.length === 0 || positionals.includes(step));
  return { command: 'setup', steps, json: values.json };
}

function durationOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  // A bare number is seconds here, as it is with timeout(1) and sleep(1).
  const ms = parseDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
  if (ms === null || ms <= 0) throw new UsageError(`--duration takes a time such as 60s or 5m, not "${text}".`);
  return ms;
}
