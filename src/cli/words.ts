/** How the words of a command line are read, whatever the command. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The command line cannot be understood. */
export class UsageError extends Error {}

export const MAX_LINES = 1_000;
export const json = { type: 'boolean', default: false } as const;

/** Throws {@link UsageError} for an unknown option, and for more words than the command takes. */
export function parse<O extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: O,
  maxPositionals: number,
) {
  try {
    const result = parseArgs({ args, options, allowPositionals: true, strict: true });
    const extra = result.positionals[maxPositionals];
    if (extra === undefined) return result;
    throw new UsageError(`"${extra}" is one word too many.`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message.split('\n')[0] ?? 'The command line cannot be understood.');
  }
}

/** The value of `-n`. */
export function linesOf(text: string | undefined, usual: number): number {
  const lines = text === undefined ? usual : Number(text);
  if (Number.isInteger(lines) && lines >= 1 && lines <= MAX_LINES) return lines;
  throw new UsageError(`-n takes a number from 1 to ${MAX_LINES}.`);
}
