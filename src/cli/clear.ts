import type { RemoteConsole } from '../console/console.ts';
import type { ClearFrom, QueryName } from '../pipeline/events.ts';
import { title } from '../console/words.ts';
import { isUpOrFailed, report } from './control.ts';
import { waitForQueries, withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface ClearOptions {
  readonly queries: readonly QueryName[];
  readonly from: ClearFrom | null;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * `sluice restart --clear-checkpoints`: only the preview without `from`, and for earliest and latest, which double or skip
 * records, without `--yes`.
 */
export function clear(terminal: Terminal, options: ClearOptions): Promise<number> {
  const { from, yes } = options;
  return withConsole(terminal, (console) =>
    from === 'table' || (from !== null && yes)
      ? clearAndStart(terminal, console, options, from)
      : preview(terminal, console, options),
  );
}

async function preview(terminal: Terminal, console: RemoteConsole, options: ClearOptions): Promise<number> {
  const { queries, from, json } = options;
  const previews = [];
  for (const query of queries)
    previews.push(await console.call('checkpoint.preview', { query, from: from ?? 'table' }));
  if (json) terminal.out(JSON.stringify({ previews }));
  for (const { query, sentences } of json ? [] : previews) {
    terminal.out(`${title(query)}: what clearing would do`);
    for (const sentence of sentences) terminal.out(`  ${sentence}`);
  }
  const how = from === null ? 'Add "--from table" to clear, and to go on from the table.' : 'Add "--yes" to do it.';
  terminal.err(`Nothing was done. ${how}`);
  return EXIT.usage;
}

async function clearAndStart(
  terminal: Terminal,
  console: RemoteConsole,
  { queries, json }: ClearOptions,
  from: ClearFrom,
): Promise<number> {
  for (const query of queries) {
    const { newQueryId, trash } = await console.call('checkpoint.clear', { query, from, confirm: query });
    (json ? terminal.err : terminal.out)(
      `${title(query)}: cleared. The old checkpoint is in ${trash}; the query id is now ${newQueryId}.`,
    );
    await console.call('query.start', { query });
  }
  return report(terminal, await waitForQueries(console, queries, isUpOrFailed), json);
}
