import { useEffect, useState } from 'react';
import type { CommandAnswers, CommandArgs, CommandName, ErrorView } from '../../console/contract.ts';
import { ask, CommandError } from '../bridge.ts';
import { useStore } from '../store.ts';

export interface Answer<T> {
  /** The newest answer; it stays while a newer one is on its way. Null before the first. */
  readonly value: T | null;
  readonly failure: ErrorView | null;
}

/** Asks when the arguments change, and again when `stamp` does: the sign that the answer may be another one now. */
export function useAnswer<C extends CommandName>(
  command: C,
  args: CommandArgs<C>,
  stamp = '',
): Answer<CommandAnswers[C]> {
  const { bridge } = useStore();
  const [answer, setAnswer] = useState<Answer<CommandAnswers[C]>>({ value: null, failure: null });
  const asked = JSON.stringify(args);
  useEffect(() => {
    let gone = false;
    ask(bridge, command, JSON.parse(asked) as CommandArgs<C>).then(
      (value) => !gone && setAnswer({ value, failure: null }),
      (error: unknown) => {
        if (!(error instanceof CommandError)) throw error;
        if (!gone) setAnswer({ value: null, failure: error.view });
      },
    );
    return () => {
      gone = true;
    };
  }, [bridge, command, asked, stamp]);
  return answer;
}
