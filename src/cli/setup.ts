/** `sluice setup`: makes servers ready that exist already. */
import { setUpServers, type SetupStep } from '../console/console.ts';
import { formatLogLine } from '../pipeline/events.ts';
import type { Installation } from './installation.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function setup(
  terminal: Terminal,
  { migrationsFolder }: Installation,
  steps: readonly SetupStep[],
  json: boolean,
): Promise<number> {
  const print = json ? terminal.err : terminal.out;
  const { env, cwd } = terminal;
  const done = await setUpServers({
    steps,
    migrationsFolder,
    env,
    cwd,
    onLog: (line) => print(formatLogLine(line)),
  });
  if (json) terminal.out(JSON.stringify({ done }));
  return EXIT.well;
}
