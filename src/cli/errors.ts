/** How errors look in a terminal, and which exit code they get. */
import { toErrorView } from '../console/contract.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** Code, one sentence, what to do. Never a stack trace. */
export function tellError(terminal: Terminal, error: unknown): void {
  const { code, message, action } = toErrorView(error);
  terminal.err(`${code}: ${message}. ${action}`);
}

/** The exit code when a console could not start. */
export function startFailure(error: unknown): number {
  const { code } = toErrorView(error);
  if (code === 'OWNED_BY_OTHER' || code === 'FENCED') return EXIT.ownedByOther;
  return code === 'SETTINGS_INVALID' || code === 'COMMAND_INVALID' ? EXIT.usage : EXIT.noStack;
}

/** The exit code when a running console refused. */
export function commandFailure(error: unknown): number {
  return toErrorView(error).code === 'COMMAND_INVALID' ? EXIT.usage : EXIT.queryFailed;
}
