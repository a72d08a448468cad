/** The words behind `sluice stack`. Pure; throws {@link UsageError}. */
import { COMPOSE_SERVICES, type ComposeService } from '../console/contract.ts';
import type { StackWhat } from './stack.ts';
import { json, linesOf, parse, UsageError } from './words.ts';

const VERBS = ['status', 'up', 'start', 'stop', 'restart', 'repair', 'down', 'logs'] as const;

export function parseStack(rest: string[]): { readonly asked: StackWhat; readonly json: boolean } {
  const options = {
    json,
    follow: { type: 'boolean', short: 'f', default: false },
    lines: { type: 'string', short: 'n' },
  } as const;
  const { values, positionals } = parse(rest, options, 2);
  const [word = 'status', name] = positionals;
  const verb = VERBS.find((each) => each === word);
  if (verb === undefined) throw new UsageError(`stack takes ${VERBS.join(', ')}, not "${word}".`);
  if (verb !== 'logs' && (values.follow || values.lines !== undefined))
    throw new UsageError('-f and -n belong to "stack logs".');
  return { asked: toAsked(verb, name, values.follow, values.lines), json: values.json };
}

function toAsked(verb: (typeof VERBS)[number], name: string | undefined, follow: boolean, lines?: string): StackWhat {
  switch (verb) {
    case 'logs': {
      const service = serviceOf(name);
      if (service === 'all') throw new UsageError(`stack logs takes one of ${COMPOSE_SERVICES.join(', ')}.`);
      return { what: verb, service, follow, lines: linesOf(lines, 200) };
    }
    case 'start':
    case 'stop':
    case 'restart':
      return { what: verb, service: serviceOf(name) };
    case 'up':
      return { what: 'start', service: 'all', ...nothingAfter(verb, name) };
    case 'status':
    case 'repair':
    case 'down':
      return { what: verb, ...nothingAfter(verb, name) };
  }
}

function serviceOf(name = 'all'): ComposeService | 'all' {
  if (name === 'all') return name;
  const service = COMPOSE_SERVICES.find((each) => each === name);
  if (service !== undefined) return service;
  throw new UsageError(`There is no service "${name}": it is ${COMPOSE_SERVICES.join(', ')} or all.`);
}

function nothingAfter(verb: string, name: string | undefined): object {
  if (name === undefined) return {};
  throw new UsageError(`stack ${verb} is about the whole stack; "${name}" is one word too many.`);
}
