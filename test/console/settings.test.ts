import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseDotenv } from '../../src/console/dotenv.ts';
import {
  envLayer,
  flagLayer,
  parseDuration,
  readSettingsFile,
  resolveSettings,
  SETTINGS,
} from '../../src/console/settings.ts';
import { removeFolders, temporaryFolder } from './support/console.ts';

afterEach(removeFolders);

test.each([
  ['10 s', 10_000],
  ['10 seconds', 10_000],
  ['1 minute', 60_000],
  ['500ms', 500],
  ['2 min', 120_000],
  ['0', 0],
  ['7 d', 604_800_000],
  ['1.5s', 1_500],
  ['soon', null],
  ['-1 s', null],
  ['', null],
])('the duration %j is %j ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

describe('precedence', () => {
  const layers = [
    flagLayer({ 'producer.rate': '1' }),
    envLayer(
      { PRODUCER_RATE: '2', PRODUCER_ROWS: '2', TRIGGER_INTERVAL: '5 seconds', BRONZE_TRIGGER: '1 s' },
      'environment',
    ),
    envLayer({ PRODUCER_RATE: '3', PRODUCER_ROWS: '3', PRODUCER_SEED: '3' }, '.env', '/x/.env'),
    {
      origin: 'settings.json' as const,
      values: { 'producer.rate': 4, 'producer.seed': 4, 'log.level': 'warn' },
      where: () => 'x',
    },
  ];
  const { settings, origins } = resolveSettings(layers);

  test.each([
    ['producer.rate', 1, 'flag'],
    ['producer.rows', 2, 'environment'],
    ['producer.seed', 3, '.env'],
    ['log.level', 'warn', 'settings.json'],
    ['producer.mode', 'stream', 'default'],
    ['bronze.trigger', 1_000, 'environment'],
    ['alert.trigger', 5_000, 'environment'],
  ] as const)('%s is %j, from %s', (name, value, origin) => {
    expect(settings[name]).toBe(value);
    expect(origins[name]).toBe(origin);
  });

  test('the defaults are those of the embedded stack', () => {
    expect(resolveSettings([]).settings).toMatchObject({
      'bronze.trigger': 10_000,
      'alert.trigger': 0,
      'bronze.startingOffsets': 'earliest',
      'alert.startingOffsets': 'earliest',
      'producer.rate': 25,
    });
  });

  test('a value that cannot be used is refused by its name, its place and what would be right', () => {
    const resolve = () => resolveSettings([envLayer({ STARTING_OFFSETS: 'newest' }, '.env', '/home/ada/.env')]);
    expect(resolve).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        tried: 'Reading STARTING_OFFSETS in /home/ada/.env',
        expected: expect.stringMatching(/^earliest, latest/) as string,
      }) as Error,
    );
  });

  test.each([
    ['producer.rate', '0'],
    ['producer.rate', ''],
    ['producer.rows', '1.5'],
    ['bronze.trigger', '2 h'],
    ['bronze.maxOffsetsPerTrigger', 'all'],
    ['producer.mode', 'flood'],
  ] as const)('%s = %j is refused', (name, value) => {
    expect(() => resolveSettings([flagLayer({ [name]: value })])).toThrow(/Reading the flag/);
  });
});

describe('settings.json', () => {
  const write = (text: string): string => {
    const file = path.join(temporaryFolder(), 'settings.json');
    writeFileSync(file, text);
    return file;
  };

  test('is read as it is', () => {
    const { layer, notices } = readSettingsFile(write('{"bronze.trigger": "3 s"}'), 0);
    expect(resolveSettings([layer]).settings['bronze.trigger']).toBe(3_000);
    expect(notices).toEqual([]);
  });

  test.each([
    '',
    '{',
    'null',
    '[1]',
    '"x"',
    '{"producer.rate": "fast"}',
    '\u0000\u0001',
    '{"bronze.trigger": {"a": 1}}',
  ])('damaged as %j it is put aside unchanged, and defaults are used', (text) => {
    const file = write(text);
    const { layer, notices } = readSettingsFile(file, Date.UTC(2026, 10, 22));
    expect(resolveSettings([layer]).settings['producer.rate']).toBe(SETTINGS['producer.rate'].fallback);
    expect(existsSync(file)).toBe(false);
    const aside = path.join(path.dirname(file), 'settings.json.damaged-2026-11-22T00-00-00.000Z');
    expect(readFileSync(aside, 'utf8')).toBe(text);
    expect(notices[0]?.text).toContain(aside);
  });

  test('a setting of another version is told of and left where it is', () => {
    const file = write('{"producer.rate": 5, "lakehouse.colour": "blue"}');
    const { layer, notices } = readSettingsFile(file, 0);
    expect(resolveSettings([layer]).settings['producer.rate']).toBe(5);
    expect(notices[0]?.text).toContain('lakehouse.colour');
    expect(readdirSync(path.dirname(file))).toEqual(['settings.json']);
  });

  test('no text at all makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { layer } = readSettingsFile(write(text), 0);
        resolveSettings([layer]);
      }),
      { numRuns: 100 },
    );
  });
});

test('.env: comments, quotes, export, empty values and CRLF are understood', () => {
  const text = '# c\nA=1\r\nexport B = two words # c\nC=\'#3\'\nD="a\\nb"\nE=\nF=x#y\n=bad\n__proto__=1\n';
  expect({ ...parseDotenv(text) }).toEqual({
    A: '1',
    B: 'two words',
    C: '#3',
    D: 'a\nb',
    E: '',
    F: 'x#y',
    ['__proto__']: '1',
  });
});
