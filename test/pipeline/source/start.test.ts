import { describe, expect, it } from 'vitest';
import { parseAddressMap, parseBrokers } from '../../../src/pipeline/source/kafka-settings.ts';
import { parseStartingOffsets } from '../../../src/pipeline/source/start.ts';

const parse = (text: string) => parseStartingOffsets(text, 'cdc', 'STARTING_OFFSETS');

describe('starting offsets as text', () => {
  it.each([
    ['earliest', 'earliest'],
    [' latest ', 'latest'],
    ['{"cdc":{"0":23,"1":-2}}', { partitions: { 0: '23', 1: '-2' } }],
    ['timestamp:1767225600000', { timestamp: 1_767_225_600_000 }],
    ['timestamp:2026-01-01T00:00:00Z', { timestamp: 1_767_225_600_000 }],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it.each([
    '',
    'newest',
    '{"cdc":',
    '{"other":{"0":1}}',
    '{"cdc":{"0":-3}}',
    '{"cdc":{"0":"1"}}',
    '{"cdc":{"a":1}}',
    '{"cdc":{"0":1e17}}',
    'timestamp:soon',
  ])('refuses %s and names the setting', (text) => {
    expect(() => parse(text)).toThrowError(
      expect.objectContaining({ code: 'SETTINGS_INVALID', action: 'Correct STARTING_OFFSETS.' }),
    );
  });
});

describe('addresses as text', () => {
  it('takes brokers and a map of advertised addresses', () => {
    expect(parseBrokers('kafka:9092, localhost:9700', 'KAFKA_BROKERS')).toEqual(['kafka:9092', 'localhost:9700']);
    expect(parseAddressMap('kafka:9092=localhost:9700,k2:9092=10.0.0.1:9701', 'KAFKA_BROKER_MAP')).toEqual({
      'kafka:9092': 'localhost:9700',
      'k2:9092': '10.0.0.1:9701',
    });
    expect(parseAddressMap(' ', 'KAFKA_BROKER_MAP')).toEqual({});
  });

  it.each(['', 'kafka', 'kafka:', 'kafka:9092,', 'http://kafka:9092', 'kafka:99999999'])(
    'refuses the brokers %j',
    (text) => {
      expect(() => parseBrokers(text, 'KAFKA_BROKERS')).toThrowError(
        expect.objectContaining({ code: 'SETTINGS_INVALID' }),
      );
    },
  );

  it.each(['kafka:9092', 'kafka:9092=', 'a:1=b:2=c:3'])('refuses the map %j', (text) => {
    const refused = expect.objectContaining({ code: 'SETTINGS_INVALID' });
    expect(() => parseAddressMap(text, 'KAFKA_BROKER_MAP')).toThrowError(refused);
  });
});
