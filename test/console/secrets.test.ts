import { describe, expect, test } from 'vitest';
import { chooseSlack, createRedactor, readServingUrl, toSlackSettings } from '../../src/console/secrets.ts';

const url = 'https://hooks.slack.com/services/T000/B000/abcDEF/123+x';

describe('SLACK_WEBHOOK_URL', () => {
  test.each([
    ['unset, with the local preview', [{}], 'http://127.0.0.1:1', 'preview'],
    ['unset, without a preview', [{}], null, 'off'],
    ['empty', [{ SLACK_WEBHOOK_URL: '' }], 'http://127.0.0.1:1', 'off'],
    ['empty in the environment, set in .env', [{ SLACK_WEBHOOK_URL: '' }, { SLACK_WEBHOOK_URL: url }], null, 'off'],
    ['set in .env only', [{}, { SLACK_WEBHOOK_URL: url }], 'http://127.0.0.1:1', 'webhook'],
    [
      'loopback, allowed for a test',
      [{ SLACK_WEBHOOK_URL: 'http://127.0.0.1:9/x', SLACK_ALLOW_LOOPBACK: '1' }],
      null,
      'preview',
    ],
  ])('%s', (_, envs, preview, kind) => expect(toSlackSettings(chooseSlack(envs), preview).kind).toBe(kind));

  test.each([
    'http://hooks.slack.com/services/x',
    'https://evil.example/services/x',
    'https://hooks.slack.com.evil.example/x',
    'https://hooks.slack.com@evil.example/x',
    'https://u:p@hooks.slack.com/x',
    'http://127.0.0.1:9/x',
    'https://169.254.169.254/latest',
    'file:///etc/passwd',
    'hooks.slack.com/x',
  ])('%s is refused and not repeated', (bad) => {
    const error = (() => {
      try {
        return chooseSlack([{ SLACK_WEBHOOK_URL: bad }]);
      } catch (caught) {
        return caught as Error;
      }
    })();
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID' });
    expect(JSON.stringify(error)).not.toContain(bad);
  });
});

describe('SERVING_DATABASE_URL', () => {
  const at = { host: 'db', port: 5433, user: 'a b', password: 'p:w', database: 'serve' };
  const text = 'postgres://a%20b:p%3Aw@db:5433/serve';
  const read = (value: string) => readServingUrl([{ SERVING_DATABASE_URL: value }]);

  test.each([
    [text, at],
    [`${text}?sslmode=disable`, at],
    [`${text}?sslmode=verify-full`, { ...at, tls: { mode: 'verify-full', ca: null } }],
    ['', null],
  ])('%s is understood', (value, wanted) => expect(read(value)).toEqual(wanted));

  test.each([`${text}?sslmode=prefer`, 'mysql://a:hush@db/serve', 'postgres://a:hush@db/', 'hush'])(
    '%s is refused, and not repeated',
    (value) => {
      expect(() => read(value)).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }) as Error);
      expect(() => read(value)).not.toThrow(/hush|p%3Aw/);
    },
  );
});

test.each([
  ['plain', url],
  ['URL-encoded', encodeURIComponent(url)],
  ['its path alone', new URL(url).pathname],
  ['base64', Buffer.from(url).toString('base64')],
  ['base64 in the middle of something', Buffer.from(`{"url":"${url}"}`).toString('base64')],
])('a secret is taken out of text: %s', (_, form) => {
  const redactor = createRedactor();
  redactor.add(url);
  const text = redactor.redact(`before ${form} after`);
  expect(text).toMatch(/^before .*\[secret\].* after$/);
  expect(text).not.toContain('abcDEF');
  expect(text).not.toContain(Buffer.from('abcDEF/12').toString('base64').slice(0, 10));
});

test('text without a secret stays as it is, and short words are not taken for one', () => {
  const redactor = createRedactor();
  redactor.add('abc');
  expect(redactor.redact('abc and more')).toBe('abc and more');
});
