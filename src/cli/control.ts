import type { QueryName } from '../pipeline/events.ts';
import type { RemoteConsole } from '../console/console.ts';
import type { QueryView } from '../console/contract.ts';
import { title } from '../console/words.ts';
import { waitForQueries, withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

type Act = 'start' | 'stop' | 'restart';

/** `sluice start|stop|restart`: asks, and waits until the queries have settled. */
export function control(terminal: Terminal, act: Act, names: readonly QueryName[], json: boolean): Promise<number> {
  return withConsole(terminal, async (console) => {
    const before = (await console.call('snapshot', {})).queries;
    for (const query of names) await console.call(`query.${act}`, { query });
    const settled = (view: QueryView) => hasSettled(act, view, before[view.name]);
    return report(terminal, await waitForQueries(console, names, settled), json);
  });
}

/** `sluice restart --clear-checkpoints`: without `from` only the preview. */
export function clear(
  terminal: Terminal,
  names: readonly QueryName[],
  from: 'table' | null,
  json: boolean,
): Promise<number> {
  return withConsole(terminal, (console) =>
    from === null ? preview(terminal, console, names, json) : clearAndStart(terminal, console, names, json),
  );
}

async function preview(
  terminal: Terminal,
  console: RemoteConsole,
  names: readonly QueryName[],
  json: boolean,
): Promise<number> {
  const previews = [];
  for (const query of names) previews.push(await console.call('checkpoint.preview', { query, from: 'table' }));
  if (json) terminal.out(JSON.stringify({ previews }));
  for (const { query, sentences } of json ? [] : previews) {
    terminal.out(`${title(query)}: what clearing would do`);
    for (const sentence of sentences) terminal.out(`  ${sentence}`);
  }
  terminal.err('Nothing was done. Add "--from table" to clear, and to go on from the table.');
  return EXIT.usage;
}

async function clearAndStart(
  terminal: Terminal,
  console: RemoteConsole,
  names: readonly QueryName[],
  json: boolean,
): Promise<number> {
  for (const query of names) {
    const { newQueryId, trash } = await console.call('checkpoint.clear', { query, from: 'table', confirm: query });
    (json ? terminal.err : terminal.out)(
      `${title(query)}: cleared. The old checkpoint is in ${trash}; the query id is now ${newQueryId}.`,
    );
    await console.call('query.start', { query });
  }
  return report(terminal, await waitForQueries(console, names, isUpOrFailed), json);
}

const isUpOrFailed = ({ state }: QueryView): boolean => state === 'RUNNING' || state === 'FAILED';

function hasSettled(act: Act, now: QueryView, before: QueryView): boolean {
  if (now.state === 'FAILED') return true;
  if (act === 'stop') return now.state === 'STOPPED';
  return now.state === 'RUNNING' && (act === 'start' || now.runId !== before.runId);
}

function report(terminal: Terminal, views: readonly QueryView[], json: boolean): number {
  const told = views.map(({ name, state, error, queryId, runId }) => [name, { state, error, queryId, runId }]);
  if (json) terminal.out(JSON.stringify(Object.fromEntries(told)));
  for (const view of json ? [] : views)
    terminal.out(
      `${title(view.name)} is ${view.state}.${view.error ? ` ${view.error.message}. ${view.error.action}` : ''}`,
    );
  return views.some(({ state }) => state === 'FAILED') ? EXIT.queryFailed : EXIT.well;
}
