/** Dead letters behind the console's commands: asked of the inspector, replayed while their query stands still. */
import path from 'node:path';
import type { QueryName, ReplayView } from '../pipeline/events.ts';
import type { QuarantineQuestion } from '../pipeline/quarantine/questions.ts';
import type { Selection } from '../pipeline/quarantine/shelf.ts';
import type { Command } from './commands.ts';
import type { CommandAnswers } from './contract.ts';
import type { Inspector, Jobs } from './inspector.ts';

export type DeadLetterCommand = Extract<Command, { command: `deadLetters.${string}` }>;

export interface DeadLetterParts {
  readonly inspector: Pick<Inspector, 'askQuarantine'>;
  readonly jobs: () => Jobs;
  /** Absolute; made when it is needed. */
  readonly exports: string;
  /** Does the work while the query is stopped, and starts it again if it ran. */
  readonly whileStopped: <T>(query: QueryName, what: string, work: () => Promise<T>) => Promise<T>;
  readonly onReplayed: (query: QueryName, view: ReplayView) => void;
}

type Answer = CommandAnswers[DeadLetterCommand['command']];

export async function obeyDeadLetters(parts: DeadLetterParts, { command, args }: DeadLetterCommand): Promise<Answer> {
  const { inspector, exports: folder } = parts;
  const ask = <Q extends QuarantineQuestion>(question: Q) => inspector.askQuarantine(question, parts.jobs());
  switch (command) {
    case 'deadLetters.list':
      return ask({ about: 'list', selection: toSelection(args), from: args.from, limit: args.limit });
    case 'deadLetters.notes': {
      const column = args.column === undefined ? {} : { column: args.column };
      return ask({ about: 'notes', ...column, from: args.from, limit: args.limit });
    }
    case 'deadLetters.show':
      return ask({ about: 'show', ...args });
    case 'deadLetters.dryRun':
      return ask({ about: 'dry-run', selection: toSelection(args) });
    case 'deadLetters.replay':
      return replayAll(parts, toSelection(args));
    case 'deadLetters.export': {
      const name = `dead-letters-${stamp()}.jsonl`;
      const written = await ask({ about: 'export', selection: toSelection(args), folder, name });
      return { file: path.join(folder, name), ...written };
    }
    case 'deadLetters.save': {
      const name = `${args.id.replace(/[^\w-]/g, '_')}.bin`;
      const written = await ask({ about: 'save', id: args.id, folder, name });
      return { file: path.join(folder, name), ...written };
    }
  }
}

const NOTHING: ReplayView = {
  at: 0,
  rows: [],
  records: 0,
  pass: 0,
  bronzeRows: 0,
  predictions: 0,
  alerts: 0,
  deltaVersions: [],
};

/** One query after the other: each stands still only for its own letters. */
async function replayAll(parts: DeadLetterParts, selection: Selection): Promise<ReplayView> {
  const { inspector, jobs, whileStopped, onReplayed } = parts;
  let whole: ReplayView = NOTHING;
  for (const query of await inspector.askQuarantine({ about: 'waiting', selection }, jobs())) {
    const view = await whileStopped(query, 'Replaying its dead letters', () =>
      inspector.askQuarantine({ about: 'replay', query, selection }, jobs()),
    );
    onReplayed(query, view);
    whole = mergeReplays(whole, view);
  }
  return whole === NOTHING ? { ...NOTHING, at: Date.now() } : whole;
}

/** What became of the same letters for two queries. */
export function mergeReplays(a: ReplayView, b: ReplayView): ReplayView {
  const rows = new Map(a.rows.map((row) => [row.id, row]));
  for (const row of b.rows) rows.set(row.id, { ...rows.get(row.id), ...row });
  const isNew = (kind: string | undefined): boolean => kind === 'row' || kind === 'scored';
  const both = [...rows.values()];
  const known = both.filter(({ bronze, alert }) => isNew(bronze?.kind) || isNew(alert?.kind)).length;
  return {
    at: b.at,
    rows: both,
    records: Math.max(a.records, b.records, both.length),
    pass: Math.max(a.pass, b.pass, known),
    bronzeRows: a.bronzeRows + b.bronzeRows,
    predictions: a.predictions + b.predictions,
    alerts: a.alerts + b.alerts,
    deltaVersions: [...a.deltaVersions, ...b.deltaVersions],
  };
}

interface Chosen {
  readonly query: Selection['query'];
  readonly reason?: Selection['reason'] | undefined;
  readonly ids?: readonly string[] | undefined;
}

function toSelection({ query, reason, ids }: Chosen): Selection {
  return { query, ...(reason && { reason }), ...(ids && { ids }) };
}

const stamp = (): string => new Date().toISOString().replace(/[:.]/g, '-');
