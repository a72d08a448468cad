import type { QueryName } from '../pipeline/events.ts';
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

export const isUpOrFailed = ({ state }: QueryView): boolean => state === 'RUNNING' || state === 'FAILED';

function hasSettled(act: Act, now: QueryView, before: QueryView): boolean {
  if (now.state === 'FAILED') return true;
  if (act === 'stop') return now.state === 'STOPPED';
  return now.state === 'RUNNING' && (act === 'start' || now.runId !== before.runId);
}

export function report(terminal: Terminal, views: readonly QueryView[], json: boolean): number {
  const told = views.map(({ name, state, error, queryId, runId }) => [name, { state, error, queryId, runId }]);
  if (json) terminal.out(JSON.stringify(Object.fromEntries(told)));
  for (const view of json ? [] : views)
    terminal.out(
      `${title(view.name)} is ${view.state}.${view.error ? ` ${view.error.message}. ${view.error.action}` : ''}`,
    );
  return views.some(({ state }) => state === 'FAILED') ? EXIT.queryFailed : EXIT.well;
}
