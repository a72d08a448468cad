/** What people read in Slack: one alert, a digest of several, or all of one card. Pure; the window draws the same blocks. */
import type { PreviewBlock, RiskLevel } from '../events.ts';
import type { AlertFacts } from './facts.ts';
import { escapeSlack, oneLine, unescapeSlack } from './text.ts';

/** A message as the webhook takes it. `text` is what notifications show, and the whole message where blocks are not. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks?: readonly Block[];
}

/** Plain text, in which nothing can become a mention, a link or a format; the one exception is a link of our own. */
export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText }
  | { readonly type: 'section'; readonly fields: readonly PlainText[] }
  | { readonly type: 'context'; readonly elements: readonly (PlainText | Link)[] };

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: boolean;
}

/** `<address|words>`: both made here, the address percent-encoded. */
interface Link {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
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

/** The message about one fraud, or the digest of up to {@link DIGEST_SIZE}. `linkBase`: where a transaction is looked at. */
export function buildMessage(alerts: readonly Alert[], linkBase: string | null = null): SlackMessage {
  const [only, ...others] = alerts;
  return only && others.length === 0 ? singleMessage(only, linkBase) : digestMessage(alerts, linkBase);
}

/** The same without blocks, for a receiver that refuses them. */
export function buildPlainMessage(alerts: readonly Alert[], linkBase: string | null = null): SlackMessage {
  const texts = alerts.map(({ facts, repeat }) => {
    const link = linkBase === null ? [] : [addressOf(linkBase, facts)];
    return [...previewLines(facts, repeat), ...link].join('\n');
  });
  return { text: escapeSlack(texts.join('\n\n')) };
}

/** Shows that messages arrive; it tells of no transaction. `now` in ms since 1970. */
export function buildTestMessage(now: number): SlackMessage {
  const title = 'Test message from Sluice';
  const lines = ['Alerts of this console arrive here. No transaction is behind this message.'];
  return {
    text: `${title}: alerts of this console arrive here.`,
    blocks: [
      { type: 'header', text: plain(title) },
      section(lines),
      { type: 'context', elements: [plain(`Sent ${formatTime(now)}`)] },
    ],
  };
}

/** A message as a face draws it. `body` may come from SQL; a block of another kind is left out. */
export function toPreview(body: SlackMessage): PreviewBlock[] {
  const { blocks = [] } = body;
  if (blocks.length === 0) return [{ kind: 'section', lines: linesOf(body.text) }];
  return blocks.flatMap((block): PreviewBlock[] => {
    if (block.type === 'context') return block.elements.map(previewElement);
    if ('fields' in block) return [{ kind: 'fields', fields: block.fields.map(previewField) }];
    return [{ kind: block.type, lines: linesOf(block.text.text) }];
  });
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

function singleMessage({ facts, repeat }: Alert, linkBase: string | null): SlackMessage {
  const why = whyLines(facts);
  const notes = [plain(`Transaction ${idOf(facts)}`), ...notesOf(facts, repeat).map(plain)];
  return {
    text: escapeSlack(`${headline(facts)} – ${summary(facts)}`),
    blocks: [
      { type: 'header', text: plain(headline(facts)) },
      { type: 'section', fields: fieldsOf(facts).map(([name, value]) => plain(`${name}\n${value}`)) },
      ...(why.length > 0 ? [section(['Why', ...why])] : []),
      { type: 'context', elements: [...notes, ...linkTo(facts, linkBase)] },
    ],
  };
}

/**
 * HIGH first, each with its customer and reasons; the others in one line each, so that every fraud is named. What scored
 * them is told once when it is the same.
 */
function digestMessage(alerts: readonly Alert[], linkBase: string | null): SlackMessage {
  const ordered = [...alerts].sort((a, b) => RANK[a.facts.level] - RANK[b.facts.level]);
  const counts = (Object.keys(RANK) as RiskLevel[])
    .map((level) => ({ level, count: alerts.filter(({ facts }) => facts.level === level).length }))
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => `${count} ${level}`);
  const title = `${alerts.length} frauds${sameCard(alerts)}: ${counts.join(', ')}`;
  const models = new Set(alerts.map(({ facts }) => modelOf(facts)));
  const blocksOf = (alert: Alert): Block[] => {
    const elements = linkTo(alert.facts, linkBase);
    return [section(digestLines(alert, models.size > 1)), ...(elements.length > 0 ? [context(elements)] : [])];
  };
  const common = models.size === 1 ? [context([...models].map(plain))] : [];
  return {
    text: escapeSlack(title),
    blocks: [{ type: 'header', text: plain(title) }, ...ordered.flatMap(blocksOf), ...common],
  };
}

/** ` on card •••• 4184` when all alerts show the same card and person. */
function sameCard(alerts: readonly Alert[]): string {
  const cards = new Set(alerts.map(({ facts }) => `${facts.initials} ${facts.card}`));
  const [first] = alerts;
  return first && cards.size === 1 && first.facts.card.length > 4 ? ` on card ${first.facts.card}` : '';
}

function digestLines({ facts, repeat }: Alert, withModel: boolean): string[] {
  const why = facts.level === 'HIGH' ? whyLines(facts) : [];
  const notes = [...(withModel ? [modelOf(facts)] : []), ...(repeat ? [REPEAT] : [])];
  return [`${headline(facts)} – ${summary(facts)}`, ...why, `Transaction ${idOf(facts)}`, ...notes];
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
  return [modelOf(facts), ...(repeat ? [REPEAT] : [])];
}

function modelOf(facts: AlertFacts): string {
  return facts.ruleBased ? RULES : `Model ${oneLine(facts.modelVersion, WIDTH)}`;
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

function linkTo(facts: AlertFacts, linkBase: string | null): Link[] {
  if (linkBase === null) return [];
  return [{ type: 'mrkdwn', text: `<${addressOf(linkBase, facts)}|Open this transaction>`, verbatim: true }];
}

/** Nothing in it can end the link early: Slack reads an address up to `|` or `>`. */
function addressOf(linkBase: string, facts: AlertFacts): string {
  const safe = linkBase.replace(/[<>|\s]/g, (each) => encodeURIComponent(each)).replaceAll('&', '&amp;');
  return safe + encodeURIComponent(idOf(facts));
}

function previewElement(element: PlainText | Link): PreviewBlock {
  if (element.type === 'plain_text') return { kind: 'context', lines: linesOf(element.text) };
  const [, url = '', text = ''] = /^<([^|>]*)\|([^>]*)>$/.exec(element.text) ?? [];
  return { kind: 'link', text: unescapeSlack(text), url: unescapeSlack(url) };
}

function previewField({ text }: PlainText): { name: string; value: string } {
  const [name = '', ...value] = linesOf(text);
  return { name, value: value.join(' ') };
}

function linesOf(text: string): string[] {
  return unescapeSlack(text).split('\n');
}

function context(elements: readonly (PlainText | Link)[]): Block {
  return { type: 'context', elements };
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
