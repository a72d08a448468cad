/** Says in one line which tests a machine cannot run, and why. They are counted as not run. */
export function notRun(what: string, obstacle: string | null): boolean {
  if (obstacle !== null) process.stderr.write(`not run: the tests on a real ${what}: ${obstacle}\n`);
  return obstacle !== null;
}
