/** The terminal's entry: everything else is in `main.ts`. */
import { findInstallation } from './installation.ts';
import { main } from './main.ts';
import { tellError } from './errors.ts';
import { EXIT, openTerminal } from './terminal.ts';

const terminal = openTerminal();

process.on('uncaughtException', (error) => {
  tellError(terminal, error);
  process.exit(EXIT.queryFailed);
});

void main(process.argv.slice(2), terminal, findInstallation(process.argv[1] ?? '')).then((code) => {
  process.exitCode = code;
  // Whatever still holds the process has nothing to say any more; output is written before it ends.
  process.stdout.write('', () => process.exit(code));
});
