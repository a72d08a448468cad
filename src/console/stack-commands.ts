/** Commands to the services of the stack, and what they mean for the queries: nothing is taken away from under a query. */
import { assertNever, SluiceError } from '../pipeline/errors.ts';
import type { Profile, StackControl } from '../stack/stack.ts';
import type { Command } from './commands.ts';
import type { CommandAnswers } from './contract.ts';
import type { Queries } from './queries.ts';

export type StackCommand = Extract<Command, { readonly command: `stack.${string}` }>;

export interface StackParts {
  readonly profile: Profile;
  /** Null where services cannot be commanded. */
  readonly control: StackControl | null;
  /** Null while the stack is not up. */
  readonly queries: Pick<Queries, 'start' | 'restart' | 'end'> | null;
  /** True when the stack did not come up, and so can be started again. */
  readonly failed: boolean;
  /** Starts a stack that did not come up once more, with its queries. */
  startAgain(): Promise<void>;
}

export async function obeyStack(
  parts: StackParts,
  command: StackCommand,
): Promise<CommandAnswers[StackCommand['command']]> {
  if (command.command === 'stack.start' && command.args.service === 'all' && parts.failed) {
    await parts.startAgain();
    return null;
  }
  const control = parts.control ?? notCommanded(parts.profile);
  switch (command.command) {
    case 'stack.start':
      await control.start(command.args.service);
      if (command.args.service === 'all') parts.queries?.start('all');
      return null;
    case 'stack.stop':
      if (command.args.service === 'all') await parts.queries?.end();
      await control.stop(command.args.service);
      return null;
    case 'stack.restart':
      return restart(parts, control, command.args.service);
    case 'stack.down':
      await parts.queries?.end();
      await control.down();
      return null;
    case 'stack.repair':
      await control.repair();
      return goOn(parts);
    case 'stack.logs':
      return control.logs(command.args.service, command.args.after, command.args.limit);
    default:
      return assertNever(command);
  }
}

/** One service may be away for a moment: the queries wait for it by themselves. */
async function restart(parts: StackParts, control: StackControl, service: Parameters<StackControl['restart']>[0]) {
  if (service !== 'all') {
    await control.restart(service);
    return null;
  }
  await parts.queries?.end();
  await control.restart('all');
  return goOn(parts);
}

async function goOn(parts: StackParts): Promise<null> {
  if (parts.failed) await parts.startAgain();
  else parts.queries?.restart('all');
  return null;
}

function notCommanded(profile: Profile): never {
  throw new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Commanding the services of the stack',
    seen: `this is the ${profile} stack`,
    expected: 'the docker stack',
    action:
      profile === 'embedded'
        ? 'The embedded stack starts and ends with Sluice; `--stack docker` runs one of containers.'
        : 'Servers of your own are started and stopped where they run.',
  });
}
