import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { openSlack } from '../../../src/pipeline/alert/slack.ts';
import { NOW, reply, slackOk, startServer, type Answer, type TestServer } from './support.ts';

const SECRET = '/services/T000/B000/verysecret';
const message = { text: 'hello', blocks: [] };

describe('Slack', () => {
  let server: TestServer | null = null;
  afterEach(() => server?.close());

  async function send(answer: Answer) {
    server = await startServer(answer);
    const slack = openSlack(
      { kind: 'preview', url: server.url + SECRET },
      { connectTimeoutMs: 500, totalTimeoutMs: 500 },
    );
    return slack.send(message, NOW);
  }

  it('has accepted only what it answers with ok', async () => {
    expect(await send(slackOk)).toEqual({ kind: 'accepted' });
    expect(server?.requests).toEqual([expect.objectContaining({ path: SECRET, body: JSON.stringify(message) })]);
  });

  it.each([
    ['30', 30_000],
    ['3600', 3_600_000],
    [undefined, 30_000],
    ['soon', 30_000],
    ['', 30_000],
    ['30 seconds', 30_000],
    ['-5', 30_000],
    ['1.5', 1_500],
    ['1', 1_000],
    ['999999999', 86_400_000],
    [new Date(NOW + 90_000).toUTCString(), 90_000],
    [new Date(NOW - 90_000).toUTCString(), 1_000],
    ['0', 1_000],
  ])('waits after 429 with Retry-After %s', async (header, ms) => {
    expect(
      await send((_, response) => reply(response, 429, 'rate_limited', header ? { 'retry-after': header } : {})),
    ).toEqual({ kind: 'wait', ms });
    expect(server?.requests).toHaveLength(1);
  });

  it.each([
    [403, 'action_prohibited', 'refused'],
    [404, 'no_service', 'refused'],
    [410, 'channel_is_archived', 'refused'],
    [302, '', 'refused'],
    [400, 'invalid_payload', 'invalid'],
    [413, '', 'invalid'],
    [500, 'server_error', 'ambiguous'],
    [503, '<html>', 'ambiguous'],
    [200, '<html>', 'ambiguous'],
  ])('takes %i %s as %s', async (status, body, kind) => {
    const outcome = await send((_, response) => reply(response, status, body, { location: 'http://127.0.0.1:9/' }));
    expect(outcome.kind).toBe(kind);
    expect(server?.requests).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ['hangs', () => undefined],
    ['breaks after the message', (_, response) => void response.socket?.resetAndDestroy()],
    [
      'breaks inside its answer',
      (_, response) =>
        void (
          response.writeHead(200, { 'content-length': '9' }),
          response.write('o', () => response.socket?.destroy())
        ),
    ],
  ])('is ambiguous when it %s', async (_, answer) => {
    expect((await send(answer)).kind).toBe('ambiguous');
    expect(server?.requests).toHaveLength(1);
  });

  it('was not sent when nobody listens', async () => {
    server = await startServer(slackOk);
    const { url } = server;
    await server.close();
    server = null;
    const outcome = await openSlack({ kind: 'preview', url: url + SECRET }).send(message, NOW);
    expect(outcome).toEqual({ kind: 'not-sent', reason: 'Slack gave no answer: ECONNREFUSED.' });
  });

  it('takes only https on the host list for Slack, and only this machine for the preview', () => {
    const check = (kind: 'webhook' | 'preview', url: string) => {
      try {
        openSlack({ kind, url });
        return 'taken';
      } catch (error) {
        expect(inspect(error, { depth: 9 })).not.toContain('verysecret');
        return (error as { code: string }).code;
      }
    };
    expect(check('webhook', `https://hooks.slack.com${SECRET}`)).toBe('taken');
    expect(check('webhook', `https://hooks.slack-gov.com${SECRET}`)).toBe('taken');
    expect(check('preview', `http://127.0.0.1:80${SECRET}`)).toBe('taken');
    for (const url of [
      'http://hooks.slack.com',
      'https://hooks.slack.com.evil.org',
      'https://a:b@hooks.slack.com',
      'http://127.0.0.1',
      'https://hooks.slack.com:8443',
      '',
    ]) {
      expect([url, check('webhook', url + SECRET)]).toEqual([url, 'SETTINGS_INVALID']);
    }
    for (const url of ['http://169.254.169.254', 'http://127.0.0.1.evil.org', 'https://hooks.slack.com', 'file://']) {
      expect([url, check('preview', url + SECRET)]).toEqual([url, 'SETTINGS_INVALID']);
    }
  });

  it('never names its address in an outcome', async () => {
    const answers: Answer[] = [
      () => undefined,
      (_, response) => reply(response, 404, SECRET),
      (_, response) => void response.socket?.destroy(),
    ];
    for (const answer of answers) {
      expect(inspect(await send(answer), { depth: 9 })).not.toMatch(/verysecret|127\.0\.0\.1/);
      await server?.close();
    }
  });
});
