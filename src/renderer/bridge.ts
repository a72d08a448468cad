/**
 * The one way out of the window. In the app the preload script provides it; in tests and in a plain browser a scripted
 * object of the same shape does. Plain data crosses, nothing else.
 */
import type { CommandAnswers, CommandArgs, CommandName, ConsoleEvent, ErrorView } from '../console/contract.ts';

/** What a call answers: a value, or an error as plain data. */
export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorView };

/** `window.sluice` */
export interface Bridge {
  call<C extends CommandName>(command: C, args: CommandArgs<C>): Promise<Reply<CommandAnswers[C]>>;
  /** Returns the way to stop listening. */
  subscribe(listener: (event: ConsoleEvent) => void): () => void;
}

declare global {
  interface Window {
    readonly sluice?: Bridge;
  }
}

/** Asks the console; rejects with a {@link CommandError} that has a sentence for the person. */
export async function ask<C extends CommandName>(
  bridge: Bridge,
  command: C,
  args: CommandArgs<C>,
): Promise<CommandAnswers[C]> {
  const reply = await bridge.call(command, args);
  if (reply.ok) return reply.value;
  throw new CommandError(reply.error);
}

/** A command that was refused or failed. */
export class CommandError extends Error {
  readonly view: ErrorView;

  constructor(view: ErrorView) {
    super(view.message);
    this.view = view;
  }
}
