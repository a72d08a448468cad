/** Talks to the console that runs on the data folder. */
import { SluiceError } from '../console/contract.ts';
import { connectConsole, resolveHome, type RemoteConsole } from '../console/console.ts';
import type { QueryName } from '../pipeline/events.ts';
import type { QueryView } from '../console/contract.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** Does `work` with the running console and answers its exit code; says so when there is none. */
export async function withConsole(
  terminal: Terminal,
  work: (console: RemoteConsole) => Promise<number>,
): Promise<number> {
  const home = resolveHome(terminal.env);
  const console = await connectConsole(home);
  if (console === null) {
    terminal.err(`No console runs on ${home}. Start one with "npm start", or with "sluice run --headless".`);
    return EXIT.noStack;
  }
  try {
    return await work(console);
  } finally {
    console.close();
  }
}

/** Resolves with the views of these queries once each of them suits; rejects when that takes too long. */
export async function waitForQueries(
  console: RemoteConsole,
  names: readonly QueryName[],
  suits: (view: QueryView) => boolean,
  timeoutMs = 60_000,
): Promise<readonly QueryView[]> {
  let now = (await console.call('snapshot', {})).queries;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(tooLate(names, timeoutMs))), timeoutMs);
    const stop = console.subscribe((event) => {
      if (event.type !== 'parts' || event.parts.queries === undefined) return;
      now = event.parts.queries;
      look();
    });
    function look(): void {
      const views = names.map((name) => now[name]);
      if (views.every(suits)) finish(() => resolve(views));
    }
    function finish(settle: () => void): void {
      clearTimeout(timer);
      stop();
      settle();
    }
    void console.closed.then(() => finish(() => reject(ended())));
    // A change between the snapshot and the subscription would otherwise be missed. When this answer never comes, the
    // wait has ended by an event, or `closed` ends it.
    console.call('snapshot', {}).then(
      (snapshot) => {
        now = snapshot.queries;
        look();
      },
      () => undefined,
    );
  });
}

function tooLate(names: readonly QueryName[], timeoutMs: number): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Waiting for ${names.join(' and ')}`,
    seen: `it takes longer than ${timeoutMs / 1_000} s`,
    expected: 'the state that was asked for',
    action: 'Look with `sluice status`, and with `sluice logs`.',
  });
}

function ended(): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Waiting for the queries',
    seen: 'the console ended',
    expected: 'a console that runs',
    action: 'Start it again.',
  });
}
