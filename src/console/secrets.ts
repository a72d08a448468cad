/** The Slack URL: where it may come from, what it may be, and how every trace of it is kept out of logs. */
import { SluiceError } from '../pipeline/errors.ts';
import type {
  JobSettings,
  PostgresSettings,
  PostgresTls,
  SlackSettings,
  SourceSettings,
} from '../pipeline/job-settings.ts';
import type { StoreLocation } from '../pipeline/store/location.ts';
import type { Servers } from '../stack/servers.ts';
import type { Endpoints } from '../stack/stack.ts';
import { parseUrl } from '../pipeline/url.ts';

type Env = Readonly<Record<string, string | undefined>>;

const SLACK_HOSTS = ['hooks.slack.com', 'hooks.slack-gov.com'];
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** How alerts are to go, before the address of the local preview is known. */
export type SlackChoice =
  { readonly kind: 'webhook'; readonly url: string } | { readonly kind: 'preview' } | { readonly kind: 'off' };

/**
 * `SLACK_WEBHOOK_URL`: unset = the local preview, empty = off, else a Slack address. The first of `envs` that has it
 * decides. A receiver on loopback is for tests and needs `SLACK_ALLOW_LOOPBACK=1` beside it.
 */
export function chooseSlack(envs: readonly Env[]): SlackChoice {
  const env = envs.find((each) => each['SLACK_WEBHOOK_URL'] !== undefined);
  const url = env?.['SLACK_WEBHOOK_URL']?.trim();
  if (url === undefined) return { kind: 'preview' };
  if (url === '') return { kind: 'off' };
  const loopback = envs.some((each) => each['SLACK_ALLOW_LOOPBACK'] === '1');
  const wrong = judgeUrl(url, loopback);
  if (wrong === null) return { kind: 'webhook', url };
  throw new SluiceError('SETTINGS_INVALID', {
    tried: 'Reading SLACK_WEBHOOK_URL',
    seen: wrong,
    expected: `an https address on ${SLACK_HOSTS.join(' or ')}`,
    action:
      'Copy the address from Slack again, set it to empty to turn alerts off, or leave it out for the local preview.',
  });
}

export function toSlackSettings(choice: SlackChoice, previewUrl: string | null): SlackSettings {
  if (choice.kind === 'webhook') return isLoopback(choice.url) ? { kind: 'preview', url: choice.url } : choice;
  if (choice.kind === 'off') return { kind: 'off', reason: 'SLACK_WEBHOOK_URL is empty' };
  if (previewUrl === null) return { kind: 'off', reason: 'SLACK_WEBHOOK_URL is not set' };
  return { kind: 'preview', url: previewUrl };
}

/**
 * `SERVING_DATABASE_URL`, the address of a serving database of its own: `postgres://user:password@host:5432/database`,
 * with `?sslmode=` for TLS.
 * The first of `envs` that has it decides; null when none has.
 */
export function readServingUrl(envs: readonly Env[]): PostgresSettings | null {
  const text = envs.find((each) => each['SERVING_DATABASE_URL'] !== undefined)?.['SERVING_DATABASE_URL']?.trim() ?? '';
  if (text === '') return null;
  const url = parseUrl(text);
  const database = decodeURIComponent(url?.pathname.slice(1) ?? '');
  const mode = url?.searchParams.get('sslmode') ?? 'disable';
  const tls = PLAIN_OR_TLS[mode];
  if (
    tls === undefined ||
    url === null ||
    !/^postgres(ql)?:$/.test(url.protocol) ||
    url.hostname === '' ||
    database === ''
  ) {
    throw new SluiceError('SETTINGS_INVALID', {
      tried: 'Reading SERVING_DATABASE_URL',
      seen: 'something else (it is not repeated here, because it may hold a password)',
      expected: `postgres://user:password@host:5432/database, and after it ?sslmode= with ${Object.keys(PLAIN_OR_TLS).join(', ')}`,
      action: 'Correct it, or leave it out and set alert.servingDatabase to captured.',
    });
  }
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    ...(tls && { tls }),
  };
}

const PLAIN_OR_TLS: Readonly<Record<string, PostgresTls | null>> = {
  disable: null,
  require: { mode: 'require', ca: null },
  'verify-ca': { mode: 'verify-ca', ca: null },
  'verify-full': { mode: 'verify-full', ca: null },
};

/** Takes secrets out of text. Secrets may become known while it is in use. */
export interface Redactor {
  add(secret: string): void;
  /** The text with every known secret, plain, URL-encoded or base64, replaced by `[secret]`. */
  redact(text: string): string;
}

/** What must not be told of how a topic is reached. */
export function sourceSecrets(source: SourceSettings): string[] {
  if (source.kind === 'embedded') return [source.postgres.password];
  return [source.sasl?.password, source.tls?.key].filter((secret): secret is string => typeof secret === 'string');
}

/** What must not be told of where everything is. */
export function endpointSecrets({ source, serving }: Endpoints): string[] {
  return [serving.password, ...sourceSecrets(source)];
}

/** What must not be told of servers; none are there on the embedded stack. */
export function serverSecrets(servers: Servers | null): string[] {
  if (servers === null) return [];
  const { kafka, captured, lakehouse } = servers;
  const stores = [lakehouse.table, ...Object.values(lakehouse.checkpoint), ...Object.values(lakehouse.quarantine)];
  return [captured.password, ...sourceSecrets(kafka), ...storeSecrets(stores)];
}

/** What must not be told of a query's source and stores. */
export function jobSecrets({ source, checkpoint, table, quarantine }: JobSettings): string[] {
  return [...sourceSecrets(source), ...storeSecrets([checkpoint, table, quarantine])];
}

function storeSecrets(stores: readonly StoreLocation[]): string[] {
  return stores.flatMap((location) => {
    if (location.kind === 'local' || location.credentials === null) return [];
    const { secretAccessKey, sessionToken } = location.credentials;
    return sessionToken === null ? [secretAccessKey] : [secretAccessKey, sessionToken];
  });
}

export function createRedactor(): Redactor {
  let forms: readonly string[] = [];
  return {
    add: (secret) => {
      if (secret.length < 6) return;
      forms = [...new Set([...forms, ...formsOf(secret)])].sort((a, b) => b.length - a.length);
    },
    redact: (text) => forms.reduce((all, form) => all.replaceAll(form, '[secret]'), text),
  };
}

/** Why an address may not be used, or null. The address itself is never repeated: it is a secret. */
function judgeUrl(text: string, loopback: boolean): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'it is no address';
  }
  if (url.username !== '' || url.password !== '') return 'it carries a user name or a password';
  if (loopback && LOOPBACK.includes(url.hostname) && /^https?:$/.test(url.protocol)) return null;
  if (url.protocol !== 'https:') return `it begins with ${url.protocol} instead of https:`;
  if (!SLACK_HOSTS.includes(url.hostname)) return `its host ${url.hostname} is not one of Slack's`;
  return null;
}

function isLoopback(text: string): boolean {
  return LOOPBACK.includes(new URL(text).hostname);
}

function formsOf(secret: string): string[] {
  // The token of a webhook is in its path, which must not be told without its host either.
  const parts = [secret, /^https?:\/\/[^/]+(\/.{12,})$/.exec(secret)?.[1]].filter((part) => part !== undefined);
  return parts.flatMap((part) => [part, encodeURIComponent(part), encodeURI(part), ...base64Forms(part)]);
}

/** Base64 depends on where the text begins in a group of three bytes; the middle of each case is what stays. */
function base64Forms(text: string): string[] {
  const shifted = [0, 1, 2].map((shift) => Buffer.from('x'.repeat(shift) + text).toString('base64'));
  return shifted.map((form, shift) => form.slice(shift === 0 ? 0 : 4, -4)).filter((form) => form.length >= 8);
}
