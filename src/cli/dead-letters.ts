/** `sluice dead-letters`: what gave no row, why, its bytes (masked), and reading it again. */
import type { RemoteConsole } from '../console/console.ts';
import type { CommandArgs } from '../console/contract.ts';
import { count } from '../console/words.ts';
import type {
  Becomes,
  DeadLetterCode,
  DeadLetterView,
  LetterBytesView,
  QueryName,
  ReplayView,
} from '../pipeline/events.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface DeadLettersAsked {
  readonly command: 'dead-letters';
  readonly what: 'list' | 'show' | 'replay' | 'export';
  readonly query: QueryName | 'all';
  readonly reason: DeadLetterCode | undefined;
  readonly ids: readonly string[];
  readonly yes: boolean;
  readonly limit: number;
  readonly json: boolean;
}

/** How many letters one command names at most. */
export const MOST_IDS = 200;

export function deadLetters(terminal: Terminal, asked: DeadLettersAsked): Promise<number> {
  return withConsole(terminal, (console) => {
    switch (asked.what) {
      case 'list':
        return list(terminal, console, asked);
      case 'show':
        return show(terminal, console, asked);
      case 'replay':
        return replay(terminal, console, asked);
      case 'export':
        return exportAll(terminal, console, asked);
    }
  });
}

async function list(terminal: Terminal, console: RemoteConsole, asked: DeadLettersAsked): Promise<number> {
  const { query, reason, limit } = asked;
  const { quarantine } = await console.call('snapshot', {});
  const some = { query, ...(reason && { reason }) };
  const page = await console.call('deadLetters.list', { ...some, from: 0, limit });
  if (asked.json) {
    terminal.out(JSON.stringify({ ...page, quarantine }));
    return EXIT.well;
  }
  page.rows.forEach((each) => terminal.out(letterLine(each)));
  if (page.rows.length === 0) terminal.out('No dead letters.');
  else if (page.total > page.rows.length)
    terminal.err(`${page.rows.length} of ${count(page.total, 'letter')} shown; -n shows more.`);
  for (const { code, records, waiting } of quarantine?.reasons ?? []) {
    terminal.err(`${code.padEnd(20)} ${count(records, 'record')}, ${waiting} not replayed`);
  }
  if (quarantine && quarantine.unreadFiles > 0)
    terminal.err(`${count(quarantine.unreadFiles, 'file')} of the quarantine are still to be read: ask again for all.`);
  if (quarantine && quarantine.bytes > quarantine.capBytes / 2)
    terminal.err(
      `The quarantine has ${quarantine.bytes} bytes of ${quarantine.capBytes}; nothing is dropped by itself.`,
    );
  return EXIT.well;
}

async function show(terminal: Terminal, console: RemoteConsole, { ids, json }: DeadLettersAsked): Promise<number> {
  for (const id of ids) {
    const shown = await console.call('deadLetters.show', { id, from: 0 });
    if (json) terminal.out(JSON.stringify(shown));
    else showLines(shown).forEach(terminal.out);
  }
  return EXIT.well;
}

/** Without `--yes` nothing is done: what would become of each is shown. */
async function replay(terminal: Terminal, console: RemoteConsole, asked: DeadLettersAsked): Promise<number> {
  const { query, reason, ids } = asked;
  const some: CommandArgs<'deadLetters.replay'> = {
    query,
    ...(reason && { reason }),
    ...(ids.length > 0 && { ids: [...ids] }),
  };
  const view = await console.call(asked.yes ? 'deadLetters.replay' : 'deadLetters.dryRun', some);
  if (asked.json) terminal.out(JSON.stringify(view));
  else replayLines(view, asked.yes).forEach(terminal.out);
  if (asked.yes) return EXIT.well;
  terminal.err('Nothing was done. Add "--yes" to replay; each query with letters among them stands still for it.');
  return EXIT.usage;
}

async function exportAll(terminal: Terminal, console: RemoteConsole, asked: DeadLettersAsked): Promise<number> {
  const { query, reason } = asked;
  const written = await console.call('deadLetters.export', { query, ...(reason && { reason }) });
  if (asked.json) terminal.out(JSON.stringify(written));
  else terminal.out(`${count(written.letters, 'letter')} of ${written.total}, card numbers masked, in ${written.file}`);
  return EXIT.well;
}

function letterLine({ id, at, code, reason, size, found }: DeadLetterView): string {
  const by = found.map(({ query, batchId, replayed }) => `${query} batch ${batchId}${replayed ? ' (replayed)' : ''}`);
  return `${id}  ${new Date(at).toISOString()}  ${code}  ${size ?? 0} B  ${by.join(', ')}  ${reason}`;
}

function showLines({ letter, key, rows, faultAt }: LetterBytesView): string[] {
  const hex = rows.map(({ at, hex: bytes, text }) => {
    return `${at.toString(16).padStart(8, '0')}  ${bytes.join(' ').padEnd(47)}  ${text}`;
  });
  const shown = rows.reduce((sum, { hex: bytes }) => sum + bytes.length, 0);
  const rest = (letter.size ?? 0) - shown;
  return [
    letterLine(letter),
    `key ${key ?? 'none'}${faultAt === null ? '' : `, reading ended at byte ${faultAt}`}`,
    ...hex,
    ...(rest > 0 ? [`and ${rest} bytes more`] : []),
  ];
}

function replayLines(view: ReplayView, isDone: boolean): string[] {
  const rows = view.rows.map(({ id, bronze, alert }) => {
    const parts = [bronze && `Bronze: ${words(bronze)}`, alert && `Alert: ${words(alert)}`];
    return `${id}  ${parts.filter(Boolean).join('; ')}`;
  });
  const more = view.records - view.rows.length;
  const verb = isDone ? '' : 'would be ';
  const version = view.deltaVersions.length > 0 ? `, Delta version ${view.deltaVersions.join(', ')}` : '';
  return [
    ...rows,
    ...(more > 0 ? [`and ${count(more, 'letter')} more`] : []),
    `${view.pass} of ${count(view.records, 'letter')}: ${verb}${count(view.bronzeRows, 'row')} in Bronze${version}, ${count(view.predictions, 'prediction')}, ${count(view.alerts, 'alert')}`,
  ];
}

function words(becomes: Becomes): string {
  switch (becomes.kind) {
    case 'row':
      return `a row, amount ${becomes.amount ?? 'null'}${becomes.notes > 0 ? `, ${count(becomes.notes, 'note')}` : ''}`;
    case 'scored':
      return `score ${becomes.probability.toFixed(4)}, ${becomes.fraud ? `${becomes.level} alert` : 'no fraud'}`;
    case 'known':
      return 'known already, by another record';
    case 'gone':
      return 'its row is no longer in PostgreSQL';
    case 'waits':
      return `no score now: ${becomes.reason}`;
    case 'skip':
      return `a declared skip (${becomes.op})`;
    case 'dead':
      return `still ${becomes.code}: ${becomes.reason}`;
    case 'replayed':
      return `replayed before${becomes.deltaVersion === null ? '' : `, Delta version ${becomes.deltaVersion}`}`;
  }
}
