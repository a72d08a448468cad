/** The command line -> what is asked for. Pure; throws {@link UsageError} with one sentence. */
import type { Invocation } from './invocation.ts';
import { parseStack } from './stack-words.ts';
import { json, parse, UsageError } from './words.ts';
import { parseControl, parseRestart, parseAcceptLoss, parseDeadLetters, parseTakeOver } from './query-words.ts';
import { parseRun, parseProduce, parseSetup } from './run-words.ts';
import { parseLogs, parseDoctor, parseConnector, parseTable, parseTrace, parseAlerts } from './ask-words.ts';

export function parseCommandLine(argv: readonly string[], cwd: string): Invocation {
  const [command = 'help', ...rest] = argv;
  switch (command) {
    case 'help':
    case '--help':
    case '-h':
      return { command: 'help' };
    case 'version':
    case '--version':
    case '-v':
      return { command: 'version' };
    case 'status':
      return { command, ...parse(rest, { json, running: json }, 0).values };
    case 'setup':
      return parseSetup(rest);
    case 'start':
    case 'stop':
      return parseControl(command, rest);
    case 'restart':
      return parseRestart(rest);
    case 'accept-loss':
      return parseAcceptLoss(rest);
    case 'doctor':
      return parseDoctor(rest);
    case 'connector':
      return parseConnector(rest);
    case 'logs':
      return parseLogs(rest);
    case 'produce':
      return parseProduce(rest);
    case 'dead-letters':
      return parseDeadLetters(rest);
    case 'take-over':
      return parseTakeOver(rest);
    case 'stack':
      return { command, ...parseStack(rest) };
    case 'table':
      return parseTable(rest);
    case 'trace':
    case 'explain':
      return parseTrace(command, rest);
    case 'alerts':
      return parseAlerts(rest);
    case 'run':
      return parseRun(rest, cwd);
    default:
      throw new UsageError(`There is no command "${command}".`);
  }
}
