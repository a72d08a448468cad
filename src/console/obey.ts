/** Every command, and which part of the console does it. */
import { assertNever } from '../pipeline/errors.ts';
import type { ProducerSettings, Stack } from '../stack/stack.ts';
import type { Command } from './commands.ts';
import type { CommandAnswers, CommandName, Snapshot } from './contract.ts';
import type { Desks } from './desks.ts';
import type { Logs } from './logs.ts';
import type { Queries } from './queries.ts';
import { obeyStack, type StackParts } from './stack-commands.ts';

/** Each throws `NOT_ALLOWED_NOW` while the console does not have that part. */
export interface Parts {
  queries(): Queries;
  /** Of a stack that is up. */
  stack(): Stack;
  /** For commands to its services, which make sense also while it is not up. */
  services(): StackParts;
  readonly desks: Desks;
  producerSettings(): ProducerSettings;
  readLogs: Logs['read'];
  snapshot(): Snapshot;
  /** Makes the snapshot true. */
  refresh(): Promise<void>;
}

export async function obey(parts: Parts, command: Command): Promise<CommandAnswers[CommandName]> {
  switch (command.command) {
    case 'snapshot':
      await parts.refresh();
      return parts.snapshot();
    case 'logs.read':
      return parts.readLogs(command.args);
    case 'query.start':
      return nothing(parts.queries().start(command.args.query));
    case 'query.stop':
      return nothing(parts.queries().stop(command.args.query));
    case 'query.restart':
      return nothing(parts.queries().restart(command.args.query));
    case 'checkpoint.preview':
      return parts.queries().preview(command.args.query, command.args.from);
    case 'checkpoint.clear':
      return parts.queries().clear(command.args.query, command.args.from, command.args.confirm);
    case 'loss.preview':
      return parts.queries().previewLoss(command.args.query);
    case 'loss.accept':
      return parts.queries().acceptLoss(command.args.query, command.args.gaps);
    case 'takeOver.plan':
      return parts.queries().handover.plan(command.args.query);
    case 'takeOver.confirm':
      return parts.queries().handover.takeOver(command.args.query, command.args);
    case 'handOver.plan':
      return parts.queries().handover.handOver(command.args.query);
    case 'handOver.leave':
      return nothing(parts.queries().handover.leave());
    case 'alerts.resume':
      return nothing(await parts.queries().askAlert('resume-alerts'));
    case 'alerts.test':
      return nothing(await parts.queries().askAlert('test-alert'));
    case 'alerts.resend':
      return { changed: await parts.queries().decide('resend-alerts', command.args.transNums) };
    case 'alerts.discard':
      return { changed: await parts.queries().decide('discard-alerts', command.args.transNums) };
    case 'deadLetters.list':
    case 'deadLetters.notes':
    case 'deadLetters.show':
    case 'deadLetters.dryRun':
    case 'deadLetters.replay':
    case 'deadLetters.export':
    case 'deadLetters.save':
      return parts.queries().deadLetters(command);
    case 'table.health':
      return parts.queries().keeper.health();
    case 'table.history':
      return { versions: await parts.queries().keeper.history(command.args.limit) };
    case 'table.optimize':
      return parts.queries().keeper.optimize(command.args.dryRun);
    case 'table.vacuum':
      return parts.queries().keeper.vacuum(!command.args.delete);
    case 'stack.start':
    case 'stack.stop':
    case 'stack.restart':
    case 'stack.down':
    case 'stack.repair':
    case 'stack.logs':
      return obeyStack(parts.services(), command);
    case 'transaction.trace':
      return parts.queries().trace(command.args.transNum);
    case 'transaction.explain':
      return parts.queries().explain(command.args.transNum);
    case 'doctor.run':
      return parts.desks.doctor.run();
    case 'doctor.fix':
      return parts.desks.doctor.fix(command.args.id, command.args.will);
    case 'connector.view':
      return parts.desks.capture().view();
    case 'connector.ensure':
      return parts.desks.capture().ensure(command.args.confirm);
    case 'connector.restart':
      return parts.desks.capture().restart();
    case 'connector.pause':
      return parts.desks.capture().pause();
    case 'connector.resume':
      return parts.desks.capture().resume();
    case 'producer.start':
      return nothing(await parts.stack().startProducer(parts.producerSettings()));
    case 'producer.pause':
      return nothing(await parts.stack().pauseProducer());
    case 'producer.test':
      return { transNum: await parts.stack().sendTestTransaction(command.args.kind) };
    case 'producer.scenario':
      return { transNums: await parts.stack().playScenario(command.args.name) };
    default:
      return assertNever(command);
  }
}

const nothing = (_: void): null => null;
