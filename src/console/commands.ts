/** The one place where a command from outside is checked. */
import type { z } from 'zod';
import { SluiceError } from '../pipeline/errors.ts';
import { COMMANDS } from './command-schemas.ts';
import type { CommandName } from './contract.ts';

type Parsed = { readonly [C in CommandName]: { readonly command: C; readonly args: z.output<(typeof COMMANDS)[C]> } };
/** A command with checked arguments, as a union to switch over. */
export type Command = Parsed[CommandName];

/** Throws `COMMAND_INVALID` for an unknown name or arguments that do not fit. */
export function parseCommand(name: unknown, args: unknown): Command {
  if (typeof name !== 'string' || !Object.hasOwn(COMMANDS, name)) {
    throw invalid('Reading a command', `the name ${quote(name)}`, `one of ${Object.keys(COMMANDS).join(', ')}`);
  }
  const result = COMMANDS[name as CommandName].safeParse(args);
  if (result.success) return { command: name, args: result.data } as Command;
  const issue = result.error.issues[0];
  const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  throw invalid(
    `Reading the command ${name}`,
    `arguments that do not fit: ${where}${issue?.message ?? ''}`,
    'its own arguments',
  );
}

export function invalid(tried: string, seen: string, expected: string): SluiceError {
  return new SluiceError('COMMAND_INVALID', { tried, seen, expected, action: 'Compare with `sluice help`.' });
}

const quote = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : `of type ${typeof value}`;
