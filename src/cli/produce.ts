import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export type ProduceWhat = 'start' | 'pause' | 'normal' | 'suspicious' | 'card-theft' | 'late-night';

/** `sluice produce`: one transaction by hand, a story of one card, or the stream on and off. */
export function produce(terminal: Terminal, what: ProduceWhat, json: boolean): Promise<number> {
  return withConsole(terminal, async (console) => {
    if (what === 'start' || what === 'pause') {
      await console.call(`producer.${what}`, {});
      terminal.out(
        json ? JSON.stringify({ producer: what }) : `The producer ${what === 'start' ? 'runs' : 'is paused'}.`,
      );
      return EXIT.well;
    }
    if (what === 'card-theft' || what === 'late-night') {
      const played = await console.call('producer.scenario', { name: what });
      const { length } = played.transNums;
      terminal.out(
        json
          ? JSON.stringify(played)
          : `Played ${what} with ${length} thefts. Follow it with: sluice logs -f --grep 'ALERT'`,
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
