import { useCallback, useState } from 'react';
import type { CommandArgs, CommandName } from '../../console/contract.ts';
import { ask, CommandError } from '../bridge.ts';
import { useStore } from '../store.ts';
import { toast, toastError } from './toast.ts';

/**
 * A command behind a button: whether it is under way, and the way to run it. What the command brought about is seen in
 * the snapshot; `done` is only the short word that it was taken. A refusal is shown with its code and what to do.
 */
export function useCommand(): readonly [
  boolean,
  <C extends CommandName>(command: C, args: CommandArgs<C>, done?: string) => Promise<boolean>,
] {
  const { bridge } = useStore();
  const [busy, setBusy] = useState(false);
  const run = useCallback(
    async <C extends CommandName>(command: C, args: CommandArgs<C>, done?: string) => {
      setBusy(true);
      try {
        await ask(bridge, command, args);
        if (done) toast(done);
        return true;
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        toastError(error.view);
        return false;
      } finally {
        setBusy(false);
      }
    },
    [bridge],
  );
  return [busy, run];
}
