/** What people read in Slack: one alert, or a digest of several. Pure; the same lines are the preview in the window. */
import type { RiskLevel } from '../events.ts';
import type { AlertFacts } from './facts.ts';
import { escapeSlack, oneLine } from './text.ts';

/** A message as the webhook takes it. `text` is what notifications show, and the whole message where blocks are not. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks?: readonly Block[];
}

/** Only plain text: nothing in it can become a mention, a link or a format. */
export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText }
  | { readonly type: 'section'; readonly fields: readonly PlainText[] }
  | { readonly type: 'context'; readonly elements: readonly PlainText[] };

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: boolean;
}

/** One fraud of a message. `repeat` says that an earlier send of it may have arrived. */
export interface Alert {
  readonly facts: AlertFacts;
  readonly repeat: boolean;
}

/** The most frauds in one digest: Slack takes 50 blocks. */
export const DIGEST_SIZE = 10;

/** A triangle, a diamond, a circle: the level is told by word and shape, never by colour alone. */
const SHAPE: Readonly<Record<RiskLevel, string>> = { HIGH: '▲', MEDIUM: '◆', LOW: '●' };
const RANK: Readonly<Record<RiskLevel, number>> = { HIGH: 0, MEDIUM: 1, LOW: 2 };
const REPEAT = 'This may be a repeat: an earlier message about it may have arrived.';
const RULES = 'Scored by rules, not by a model';
const WIDTH = 200;
/** Slack takes 3,000 characters in one section. */
const TEXT_LIMIT = 3_000;

/** The message about one fraud, or the digest of up to {@link DIGEST_SIZE}. */
export function buildMessage(alerts: readonly Alert[]): SlackMessage {
  const [only, ...others] = alerts;
  return only && others.length === 0 ? singleMessage(only) : digestMessage(alerts);
}

/** The same without blocks, for a receiver that refuses them. */
export function buildPlainMessage(alerts: readonly Alert[]): SlackMessage {
  return { text: escapeSlack(alerts.map(({ facts, repeat }) => previewLines(facts, repeat).join('\n')).join('\n\n')) };
}

/** The lines of a single alert as Slack shows them, unescaped, for a place that shows text as text. */
export function previewLines(facts: AlertFacts, repeat: boolean): string[] {
  return [
    headline(facts),
    ...fieldsOf(facts).map(([name, value]) => `${name}: ${value}`),
    ...whyLines(facts),
    `Transaction ${idOf(facts)}`,
    ...notesOf(facts, repeat),
  ];
}

function singleMessage({ facts, repeat }: Alert): SlackMessage {
  const why = whyLines(facts);
  return {
    text: escapeSlack(`${headline(facts)} – ${summary(facts)}`),
    blocks: [
      { type: 'header', text: plain(headline(facts)) },
      { type: 'section', fields: fieldsOf(facts).map(([name, value]) => plain(`${name}\n${value}`)) },
      ...(why.length > 0 ? [section(['Why', ...why])] : []),
      { type: 'context', elements: [plain(`Transaction ${idOf(facts)}`), ...notesOf(facts, repeat).map(plain)] },
    ],
  };
}

/** HIGH first, each with its customer and reasons; the others in one line each, so that every fraud is named. */
function digestMessage(alerts: readonly Alert[]): SlackMessage {
  const ordered = [...alerts].sort((a, b) => RANK[a.facts.level] - RANK[b.facts.level]);
  const counts = (Object.keys(RANK) as RiskLevel[])
    .map((level) => ({ level, count: alerts.filter(({ facts }) => facts.level === level).length }))
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => `${count} ${level}`);
  const title = `${alerts.length} frauds: ${counts.join(', ')}`;
  return {
    text: escapeSlack(title),
    blocks: [{ type: 'header', text: plain(title) }, ...ordered.map((alert) => section(digestLines(alert)))],
  };
}

function digestLines({ facts, repeat }: Alert): string[] {
  const short = `${headline(facts)} – ${summary(facts)}`;
  const marks = repeat ? [REPEAT] : [];
  if (facts.level !== 'HIGH') return [short, `Transaction ${idOf(facts)}`, ...marks];
  return [short, ...whyLines(facts), `Transaction ${idOf(facts)}`, ...notesOf(facts, repeat)];
}

function headline(facts: AlertFacts): string {
  return `${SHAPE[facts.level]} ${facts.level} risk ${percent(facts.probability)}: $${facts.amount}`;
}

function summary(facts: AlertFacts): string {
  return `${facts.initials} ${facts.card} at ${oneLine(facts.merchant, WIDTH) || 'an unnamed merchant'}`;
}

function fieldsOf(facts: AlertFacts): [name: string, value: string][] {
  const place = [facts.city, facts.state].filter((part) => part !== null && part !== '').join(', ');
  const fields: [string, string][] = [
    ['Customer', `${facts.initials} ${facts.card}`],
    ['Merchant', `${facts.merchant || 'unnamed'}${facts.category ? ` (${facts.category})` : ''}`],
    ['Place', place],
    ['Time', facts.transactionAt === null ? '' : formatTime(facts.transactionAt)],
  ];
  return fields
    .map(([name, value]): [string, string] => [name, oneLine(value, WIDTH)])
    .filter(([, value]) => value !== '');
}

function whyLines(facts: AlertFacts): string[] {
  return facts.why.map((line) => `• ${oneLine(line, WIDTH)}`);
}

function notesOf(facts: AlertFacts, repeat: boolean): string[] {
  const model = facts.ruleBased ? RULES : `Model ${oneLine(facts.modelVersion, WIDTH)}`;
  return [model, ...(repeat ? [REPEAT] : [])];
}

function idOf(facts: AlertFacts): string {
  return oneLine(facts.transNum, WIDTH);
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(1)} %`;
}

/** `2020-06-21 12:14:25 UTC` */
function formatTime(time: number): string {
  return `${new Date(time).toISOString().replace('T', ' ').slice(0, -5)} UTC`;
}

function section(lines: readonly string[]): Block {
  return { type: 'section', text: plain(lines.join('\n')) };
}

/** Slack decodes the escapes in plain text too. An escape is at most five characters long. */
function plain(text: string): PlainText {
  const escaped = escapeSlack(text);
  const fits = escaped.length <= TEXT_LIMIT;
  return { type: 'plain_text', text: fits ? escaped : escapeSlack(text.slice(0, TEXT_LIMIT / 5)), emoji: false };
}
