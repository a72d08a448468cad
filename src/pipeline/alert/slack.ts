/** The one file that knows `@slack/webhook`: sends one message and says what became of it, as a value. */
import { IncomingWebhook, type FetchFunction, type IncomingWebhookSendArguments } from '@slack/webhook';
import { SluiceError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { SlackSettings } from '../job-settings.ts';
import { parseUrl, post, type PostResult } from './http.ts';
import type { SlackMessage } from './message.ts';
import { retryAfterMs } from './retry-after.ts';

export type SlackOutcome =
  | { readonly kind: 'accepted' }
  /** Slack wants to be left alone for so long; the message was not taken. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** This webhook will never take a message again. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** This message has a form that Slack does not take. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** The message may have arrived: bytes left, and no clear answer came. */
  | { readonly kind: 'ambiguous'; readonly reason: string }
  /** No byte of the message left. */
  | { readonly kind: 'not-sent'; readonly reason: string };

export interface Slack {
  /** One try. Never rejects; no reason names the address. */
  send(message: SlackMessage, now: number): Promise<SlackOutcome>;
}

export interface SlackLimits {
  readonly connectTimeoutMs: number;
  readonly totalTimeoutMs: number;
}

type Target = Exclude<SlackSettings, { kind: 'off' }>;

const LIMITS: SlackLimits = { connectTimeoutMs: 3_000, totalTimeoutMs: 10_000 };
const HOSTS = ['hooks.slack.com', 'hooks.slack-gov.com'];
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];
const MAX_ANSWER_BYTES = 64 * 1024;
/** When Slack says 429 and not for how long. */
const WAIT_MS = 30_000;
const SHORTEST_WAIT_MS = 1_000;

/** Throws `SETTINGS_INVALID` when the address is not one that may be written to. */
export function openSlack(settings: Target, limits: SlackLimits = LIMITS): Slack {
  const url = checkUrl(settings);
  return {
    send: async (message, now) => {
      let result: PostResult | null = null;
      let begun = false;
      const fetch: FetchFunction = async (_url, init) => {
        begun = true;
        const exchange = post({
          ...limits,
          url,
          headers: init?.headers ?? {},
          body: String(init?.body),
          maxAnswerBytes: MAX_ANSWER_BYTES,
        });
        await failpoint('a9');
        result = await exchange;
        return toResponse(result);
      };
      const webhook = new IncomingWebhook(url.href, { fetch, timeout: limits.totalTimeoutMs });
      // The webhook throws for every answer but a good one; what happened is known exactly from the exchange itself.
      await webhook.send(message as IncomingWebhookSendArguments).catch(() => undefined);
      if (result !== null) return judge(result, now);
      return begun
        ? { kind: 'ambiguous', reason: 'The exchange with Slack broke off.' }
        : { kind: 'not-sent', reason: 'The message was not sent.' };
    },
  };
}

function judge(result: PostResult, now: number): SlackOutcome {
  if (result.kind === 'failed') {
    const kind = result.maybeSent ? 'ambiguous' : 'not-sent';
    return { kind, reason: `Slack gave no answer: ${result.reason}.` };
  }
  const { status, body } = result;
  const reason = `Slack answered ${status}${slackWord(body)}.`;
  if (status === 200) return body.trim() === 'ok' ? { kind: 'accepted' } : { kind: 'ambiguous', reason };
  if (status === 429) {
    return { kind: 'wait', ms: Math.max(SHORTEST_WAIT_MS, retryAfterMs(result.retryAfter, now) ?? WAIT_MS) };
  }
  if (status === 400 || status === 413) return { kind: 'invalid', reason };
  // A server error after the whole message was sent does not tell whether it was posted, nor does another success.
  return status >= 500 || status < 300 || status === 408 ? { kind: 'ambiguous', reason } : { kind: 'refused', reason };
}

/** Slack's answers are one word, such as `no_service`; anything else is not repeated. */
function slackWord(body: string): string {
  return /^[a-z_]{1,40}$/.test(body.trim()) ? ` ${body.trim()}` : '';
}

function toResponse(result: PostResult): Awaited<ReturnType<FetchFunction>> {
  if (result.kind === 'failed') throw new Error(result.reason);
  const bytes = new TextEncoder().encode(result.body);
  return {
    ok: result.status >= 200 && result.status < 300,
    status: result.status,
    statusText: '',
    url: '',
    headers: { get: () => null, entries: () => [].values() },
    arrayBuffer: () => Promise.resolve(bytes.buffer as ArrayBuffer),
    json: () => Promise.resolve(JSON.parse(result.body) as unknown),
    text: () => Promise.resolve(result.body),
  };
}

function checkUrl(settings: Target): URL {
  const url = parseUrl(settings.url);
  const plain = url !== null && url.username === '' && url.password === '';
  const isWebhook = plain && url.protocol === 'https:' && url.port === '' && HOSTS.includes(url.hostname);
  const isPreview = plain && url.protocol === 'http:' && LOOPBACK.includes(url.hostname);
  if (url !== null && (settings.kind === 'preview' ? isPreview : isWebhook)) return url;
  throw new SluiceError('SETTINGS_INVALID', {
    tried: 'Reading the address of the Slack webhook',
    seen: 'an address that alerts may not be sent to (it is not repeated here, because it is a secret)',
    expected: settings.kind === 'preview' ? 'an http address on this machine' : `https on ${HOSTS.join(' or ')}`,
    action: 'Correct SLACK_WEBHOOK_URL, or set it to nothing to turn alerts off.',
  });
}
