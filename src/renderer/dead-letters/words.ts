/** Dead letters in words: what a reason means, and what a letter becomes. Pure. */
import type { Becomes, DeadLetterCode, DeadLetterView, QuarantineView, ReplayView } from '../../pipeline/events.ts';
import { count, offset, plural } from '../format.ts';

interface ReasonWords {
  readonly title: string;
  readonly meaning: string;
}

const REASONS: Readonly<Record<DeadLetterCode, ReasonWords>> = {
  NOT_JSON: { title: 'Not valid JSON', meaning: 'The value cannot be read as JSON from the marked byte on.' },
  NOT_UTF8: {
    title: 'Not UTF-8 text',
    meaning: 'The value holds bytes that are no UTF-8 text; the first one is marked.',
  },
  NO_ENVELOPE: { title: 'No change event', meaning: 'The value is JSON, but no object with op and after.' },
  NO_AFTER: {
    title: 'No row in the event',
    meaning: 'The event says that a row was written, and does not tell the row.',
  },
  UNKNOWN_OP: { title: 'Unknown operation', meaning: 'The event has an op other than c, u, r, d, t and m.' },
  TOO_LARGE: { title: 'Too large', meaning: 'The value is larger than what is read into memory.' },
  NO_KEY: {
    title: 'No transaction number',
    meaning: 'Alert knows transactions by trans_num, and this row has none. Bronze has written it.',
  },
  REFUSED_BY_API: {
    title: 'Fraud API refused it',
    meaning: 'The fraud API scores this row neither now nor later, as it is. Bronze has written it.',
  },
  REFUSED_BY_DATABASE: {
    title: 'PostgreSQL refused it',
    meaning: 'The row cannot be stored in PostgreSQL. Bronze has written it.',
  },
};

export const reasonTitle = (code: DeadLetterCode): string => REASONS[code].title;
export const reasonMeaning = (code: DeadLetterCode): string => REASONS[code].meaning;

/** `p3 80,771` */
export const placeOf = (letter: { readonly partition: number; readonly offset: string }): string =>
  `p${letter.partition} ${offset(letter.offset)}`;

/** The reason without what the title of its group says already. */
export const shortReason = ({ reason }: DeadLetterView): string => reason.replace(/^the value (?:is|has) /, '');

/** `12 records that no query could use: 11 in both, 1 in Alert alone` */
export function describe({ records, both, bronzeOnly, alertOnly }: QuarantineView): string {
  if (records === 0) return 'Records that no query could use';
  const parts = [
    both > 0 ? `${count(both)} in both` : '',
    bronzeOnly > 0 ? `${count(bronzeOnly)} in Bronze alone` : '',
    alertOnly > 0 ? `${count(alertOnly)} in Alert alone` : '',
  ];
  return `${plural(records, 'record')} that no query could use: ${parts.filter(Boolean).join(', ')}`;
}

/** `both`, `Bronze` or `Alert` */
export function finders({ found }: DeadLetterView): string {
  const [first, second] = found;
  if (second) return 'both';
  return first?.query === 'alert' ? 'Alert' : 'Bronze';
}

export const isReplayed = ({ found }: DeadLetterView): boolean => found.every(({ replayed }) => replayed !== null);

export interface Verdict {
  readonly text: string;
  readonly tone: 'good' | 'high' | 'plain' | 'bad';
}

/** What becomes of a letter in one query, short enough for a table. */
export function verdictOf(becomes: Becomes | undefined): Verdict {
  if (!becomes) return plain('–');
  switch (becomes.kind) {
    case 'row':
      return good(becomes.notes > 0 ? `1 row, ${plural(becomes.notes, 'note')}` : '1 row, new');
    case 'scored':
      return becomes.fraud
        ? { text: `new, score ${becomes.probability.toFixed(4)}`, tone: 'high' }
        : good(`new, score ${becomes.probability.toFixed(4)}`);
    case 'known':
      return plain('known already');
    case 'gone':
      return plain('its row is gone');
    case 'waits':
      return plain('no score now');
    case 'skip':
      return plain(`a skip (${becomes.op})`);
    case 'dead':
      return { text: `still ${becomes.code}`, tone: 'bad' };
    case 'replayed':
      return plain(becomes.deltaVersion === null ? 'replayed before' : `replayed, v${becomes.deltaVersion}`);
  }
}

/** The message that a scored letter brings about. */
export function alertOf(becomes: Becomes | undefined): string {
  if (becomes?.kind !== 'scored' || !becomes.fraud) return 'none';
  return becomes.suppressed === null ? `1 ${becomes.level} alert` : 'suppressed';
}

export function replaySentence({ pass, records, bronzeRows, predictions, alerts, deltaVersions }: ReplayView): string {
  if (pass === 0) return `${records === 1 ? 'It would' : 'They would'} all become dead letters again`;
  const version = deltaVersions.length > 0 ? ` in Delta version ${deltaVersions.map(count).join(', ')}` : '';
  const parts = [
    bronzeRows > 0 ? `${plural(bronzeRows, 'row')}${version}` : '',
    predictions > 0 ? plural(predictions, 'prediction') : '',
    alerts > 0 ? plural(alerts, 'alert') : '',
  ];
  return parts.filter(Boolean).join(', ');
}

const plain = (text: string): Verdict => ({ text, tone: 'plain' });
const good = (text: string): Verdict => ({ text, tone: 'good' });
