/** What may be asked of both quarantines, and the answers. Plain data both ways; everything that leaves is masked. */
import type {
  DeadLetterView,
  LetterBytesView,
  NoteView,
  PageOf,
  QuarantineView,
  QueryName,
  ReplayView,
} from '../events.ts';
import { assertNever, SluiceError } from '../errors.ts';
import { dryRun, replay, type ReplayParts } from '../replaying.ts';
import { openLocalStore } from '../store/local.ts';
import { viewLetter } from './reader.ts';
import { isWaiting, select, type Place, type Selection } from './shelf.ts';

/** `folder` and `name` say where a file for the owner of the data folder is written. */
export type QuarantineQuestion =
  | { readonly about: 'count' }
  | { readonly about: 'list'; readonly selection: Selection; readonly from: number; readonly limit: number }
  | { readonly about: 'notes'; readonly column?: string; readonly from: number; readonly limit: number }
  | { readonly about: 'show'; readonly id: string; readonly from: number | null }
  | { readonly about: 'waiting'; readonly selection: Selection }
  | { readonly about: 'dry-run'; readonly selection: Selection }
  | { readonly about: 'replay'; readonly query: QueryName; readonly selection: Selection }
  | { readonly about: 'export'; readonly selection: Selection; readonly folder: string; readonly name: string }
  | { readonly about: 'save'; readonly id: string; readonly folder: string; readonly name: string };

export interface QuarantineAnswers {
  count: QuarantineView;
  list: PageOf<DeadLetterView>;
  notes: PageOf<NoteView>;
  show: LetterBytesView;
  /** Queries for which a letter of the selection waits. */
  waiting: readonly QueryName[];
  'dry-run': ReplayView;
  replay: ReplayView;
  export: { readonly letters: number; readonly total: number };
  save: { readonly bytes: number };
}

/** Letters of one exported file, and bytes of each that are written as text. */
const MOST_EXPORTED = 20_000;
const EXPORTED_BYTES = 4_096;
const PIECE = 500;

export async function answerQuarantine(
  parts: ReplayParts,
  question: QuarantineQuestion,
): Promise<QuarantineAnswers[QuarantineQuestion['about']]> {
  const { reader } = parts;
  switch (question.about) {
    case 'count':
      return reader.count();
    case 'list':
      return reader.list(question.selection, question.from, question.limit);
    case 'notes':
      return reader.notes(question.column, question.from, question.limit);
    case 'show':
      return (await reader.show(question.id, question.from)) ?? noLetter(question.id);
    case 'waiting':
      return waiting(parts, question.selection);
    case 'dry-run':
      return dryRun(parts, question.selection);
    case 'replay':
      return replay(parts, question.query, question.selection);
    case 'export':
      return exportMasked(parts, question);
    case 'save':
      return saveBytes(parts, question);
    default:
      return assertNever(question);
  }
}

async function waiting({ reader }: ReplayParts, selection: Selection): Promise<QueryName[]> {
  const records = select(await reader.shelf(), selection).filter(isWaiting);
  return (['bronze', 'alert'] as const).filter((query) => {
    const isAsked = selection.query === 'all' || selection.query === query;
    return isAsked && records.some(({ places }) => places.some((each) => each.query === query && !each.replayed));
  });
}

/** One JSON object a line, the newest letter first. */
async function exportMasked(
  { reader }: ReplayParts,
  { selection, folder, name }: Extract<QuarantineQuestion, { about: 'export' }>,
): Promise<QuarantineAnswers['export']> {
  const records = select(await reader.shelf(), selection);
  const lines: string[] = [];
  for (let at = 0; at < Math.min(records.length, MOST_EXPORTED); at += PIECE) {
    const some = records.slice(at, Math.min(at + PIECE, MOST_EXPORTED));
    const letters = await reader.letters(some.flatMap(({ places }) => places.slice(0, 1)));
    for (const record of some) {
      const letter = letters.get(record.places[0] as Place);
      if (letter) lines.push(toLine(viewLetter(record, letter, 0, EXPORTED_BYTES)));
    }
  }
  await openLocalStore(folder).put(name, Buffer.from(lines.join('')));
  return { letters: lines.length, total: records.length };
}

function toLine({ letter, key, text }: LetterBytesView): string {
  return `${JSON.stringify({ ...letter, at: new Date(letter.at).toISOString(), key, text })}\n`;
}

/** The only way by which whole bytes leave the quarantine: into a file that the owner of the data folder alone can read. */
async function saveBytes(
  { reader }: ReplayParts,
  { id, folder, name }: Extract<QuarantineQuestion, { about: 'save' }>,
): Promise<QuarantineAnswers['save']> {
  const place = (await reader.shelf()).byId.get(id)?.places[0];
  const letter = place && (await reader.letters([place])).get(place);
  if (!letter) return noLetter(id);
  const bytes = letter.record.value ?? Buffer.alloc(0);
  await openLocalStore(folder).put(name, bytes);
  return { bytes: bytes.length };
}

function noLetter(id: string): never {
  throw new SluiceError('COMMAND_INVALID', {
    tried: 'Looking for a dead letter',
    seen: `no letter ${JSON.stringify(id.slice(0, 80))}`,
    expected: 'the id of a letter in quarantine',
    action: 'List the letters again: `sluice dead-letters list`.',
  });
}
