import type { QueryName } from '../pipeline/events.ts';
import { title } from '../console/words.ts';
import { isUpOrFailed, report } from './control.ts';
import { waitForQueries, withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface AcceptLossOptions {
  readonly query: QueryName;
  readonly yes: boolean;
  readonly json: boolean;
}

/** `sluice accept-loss`: shows what the topic has removed; with `--yes` gives up exactly that, and starts the query. */
export function acceptLoss(terminal: Terminal, { query, yes, json }: AcceptLossOptions): Promise<number> {
  return withConsole(terminal, async (console) => {
    const preview = await console.call('loss.preview', { query });
    const nothing = preview.gaps.length === 0;
    if (json && (!yes || nothing)) terminal.out(JSON.stringify(preview));
    const tell = json ? terminal.err : terminal.out;
    tell(`${title(query)}: what accepting the loss means`);
    for (const sentence of preview.sentences) tell(`  ${sentence}`);
    if (nothing) return EXIT.well;
    if (!yes) {
      terminal.err('Nothing was done. Add "--yes" to accept exactly this loss.');
      return EXIT.usage;
    }
    const accepted = await console.call('loss.accept', { query, gaps: [...preview.gaps] });
    for (const sentence of accepted.sentences) tell(sentence);
    return report(terminal, await waitForQueries(console, [query], isUpOrFailed), json);
  });
}
