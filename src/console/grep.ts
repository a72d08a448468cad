import vm from 'node:vm';
import { SluiceError } from '../pipeline/errors.ts';

const BUDGET_MS = 150;

/**
 * The items whose text matches. The pattern is a regular expression (`Batch|NEW`), or plain text where it is no valid
 * one. A pattern that would take too long is refused, so that nobody's search can stop the console.
 */
export function grep<T>(items: readonly T[], pattern: string, textOf: (item: T) => string): T[] {
  const matches = compile(pattern);
  if (matches.regex === null) return items.filter((item) => textOf(item).includes(pattern));
  const texts = items.map(textOf);
  try {
    // Only a script can be given a deadline; the engine also looks at it inside a regular expression.
    const found = vm.runInNewContext(
      'texts.map((text) => regex.test(text))',
      { texts, regex: matches.regex },
      { timeout: BUDGET_MS },
    ) as boolean[];
    return items.filter((_, index) => found[index]);
  } catch (error) {
    throw tooSlow(pattern, error);
  }
}

function compile(pattern: string): { readonly regex: RegExp | null } {
  try {
    return { regex: new RegExp(pattern) };
  } catch {
    return { regex: null };
  }
}

function tooSlow(pattern: string, cause: unknown): SluiceError {
  return new SluiceError('COMMAND_INVALID', {
    tried: `Searching the log for ${JSON.stringify(pattern)}`,
    seen: `it takes longer than ${BUDGET_MS} ms`,
    expected: 'a simpler pattern',
    action: 'Leave out nested repetitions such as (a+)+.',
    cause,
  });
}
