/** `sluice alerts`: a test message, and what a person decides about alerts that wait for one. */
import type { RemoteConsole } from '../console/console.ts';
import type { Invocation } from './invocation.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

type Asked = Extract<Invocation, { command: 'alerts' }>;

const DONE = {
  test: 'Slack took the test message.',
  resume: 'Alerts go again.',
} as const;

export function alerts(terminal: Terminal, { what, transNums, json }: Asked): Promise<number> {
  return withConsole(terminal, async (console) => {
    if (what === 'test' || what === 'resume') {
      await console.call(`alerts.${what}`, {});
      terminal.out(json ? JSON.stringify({ alerts: what }) : DONE[what]);
      return EXIT.well;
    }
    const changed = await decide(console, what, transNums);
    const words = what === 'resend' ? 'will be sent again' : 'will not be sent';
    terminal.out(json ? JSON.stringify({ changed }) : `${changed} alerts ${words}.`);
    return EXIT.well;
  });
}

async function decide(console: RemoteConsole, what: 'resend' | 'discard', named: readonly string[]): Promise<number> {
  const transNums = named.length > 0 ? [...named] : await waitingForPerson(console);
  if (transNums.length === 0) return 0;
  return (await console.call(`alerts.${what}`, { transNums })).changed;
}

async function waitingForPerson(console: RemoteConsole): Promise<string[]> {
  const { deliveries } = await console.call('snapshot', {});
  return deliveries.filter(({ state }) => state === 'held' || state === 'dead').map(({ transNum }) => transNum);
}
