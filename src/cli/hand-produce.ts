/** `sluice produce --until-stopped`: the producer alone, into the database that the environment names. */
import { produceByHand } from '../console/console.ts';
import { count } from '../console/words.ts';
import { formatLogLine } from '../pipeline/events.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function handProduce(terminal: Terminal, heartbeat: string | null, json: boolean): Promise<number> {
  const print = json ? terminal.err : terminal.out;
  const { env, cwd, interrupted } = terminal;
  const options = {
    heartbeat,
    env,
    cwd,
    onLog: (line: Parameters<typeof formatLogLine>[0]) => print(formatLogLine(line)),
  };
  const view = await produceByHand(options, interrupted);
  if (json) terminal.out(JSON.stringify(view));
  else terminal.out(`Stopped after ${count(view.sent, 'transaction')}.`);
  return EXIT.well;
}
