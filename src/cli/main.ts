/** One command line, from its words to its exit code. */
import { acceptLoss } from './accept-loss.ts';
import { alerts } from './alerts.ts';
import { parseCommandLine } from './args.ts';
import { clear } from './clear.ts';
import { control } from './control.ts';
import { connector } from './connector.ts';
import { deadLetters } from './dead-letters.ts';
import { doctor } from './doctor.ts';
import { commandFailure, tellError } from './errors.ts';
import { HELP } from './help.ts';
import type { Installation } from './installation.ts';
import type { Invocation } from './invocation.ts';
import { handProduce } from './hand-produce.ts';
import { logs } from './logs.ts';
import { produce } from './produce.ts';
import { run } from './run.ts';
import { runQuery } from './run-query.ts';
import { setup } from './setup.ts';
import { stack } from './stack.ts';
import { status } from './status.ts';
import { table } from './table.ts';
import { explain } from './explain.ts';
import { trace } from './trace.ts';
import { takeOver } from './take-over.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { UsageError } from './words.ts';

export async function main(argv: readonly string[], terminal: Terminal, installation: Installation): Promise<number> {
  try {
    return await obey(parseCommandLine(argv, terminal.cwd), terminal, installation);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`${error.message} "sluice help" shows what there is.`);
      return EXIT.usage;
    }
    tellError(terminal, error);
    return commandFailure(error);
  }
}

async function obey(asked: Invocation, terminal: Terminal, installation: Installation): Promise<number> {
  switch (asked.command) {
    case 'help':
      terminal.out(HELP);
      return EXIT.well;
    case 'version':
      terminal.out(installation.version);
      return EXIT.well;
    case 'status':
      return status(terminal, asked.json, asked.running);
    case 'start':
    case 'stop':
    case 'restart':
      return control(terminal, asked.command, asked.queries, asked.json);
    case 'clear':
      return clear(terminal, asked);
    case 'accept-loss':
      return acceptLoss(terminal, asked);
    case 'doctor':
      return doctor(terminal, installation, asked);
    case 'connector':
      return connector(terminal, asked);
    case 'logs':
      return logs(terminal, asked);
    case 'produce':
      return produce(terminal, asked.what, asked.json);
    case 'hand-produce':
      return handProduce(terminal, asked.heartbeat, asked.json);
    case 'setup':
      return setup(terminal, installation, asked.steps, asked.json);
    case 'take-over':
      return takeOver(terminal, asked);
    case 'stack':
      return stack(terminal, installation, asked.asked, asked.json);
    case 'table':
      return table(terminal, asked.task, asked.json);
    case 'trace':
      return trace(terminal, asked.transNum, asked.json);
    case 'explain':
      return explain(terminal, asked.transNum, asked.json);
    case 'alerts':
      return alerts(terminal, asked);
    case 'run-query':
      return runQuery(terminal, installation, asked);
    case 'dead-letters':
      return deadLetters(terminal, asked);
    case 'run':
      return run(terminal, installation, asked);
  }
}
