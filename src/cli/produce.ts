import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `sluice produce`: one transaction by hand, or the stream on and off. */
export function produce(
  terminal: Terminal,
  what: 'start' | 'pause' | 'normal' | 'suspicious',
  json: boolean,
): Promise<number> {
  return withConsole(terminal, async (console) => {
    if (what === 'start' || what === 'pause') {
      await console.call(`producer.${what}`, {});
      terminal.out(
        json ? JSON.stringify({ producer: what }) : `The producer ${what === 'start' ? 'runs' : 'is paused'}.`,
      );
      return EXIT.well;
    }
    const sent = await console.call('producer.test', { kind: what });
    terminal.out(
      json ? JSON.stringify(sent) : `Sent ${sent.transNum}. Follow it with: sluice logs -f --grep 'Batch|ALERT'`,
    );
    return EXIT.well;
  });
}
