import { describe, expect, it } from 'vitest';
import {
  describeLocation,
  localFolder,
  parseLocation,
  splitLocation,
  within,
  type S3Access,
} from '../../../src/pipeline/store/location.ts';

const access: S3Access = { endpoint: null, region: 'eu-west-1', forcePathStyle: false, credentials: null };
const parse = (text: string) => parseLocation(text, access, '/home/ada', 'BRONZE_PATH in the environment');

describe('an address', () => {
  it.each([
    ['s3a://lake/bronze/t', 's3a://lake/bronze/t'],
    ['s3://lake/bronze/t/', 's3a://lake/bronze/t'],
    ['file:///data/t', '/data/t'],
    ['file:/data/t', '/data/t'],
    ['file:///data/with%20space', '/data/with space'],
    ['/data/t', '/data/t'],
    ['t', '/home/ada/t'],
    ['../bob/t', '/home/bob/t'],
  ])('%s is %s', (text, shown) => expect(describeLocation(parse(text))).toBe(shown));

  it.each(['s3a://lake', 's3a://lake/', 's3a://L/x', 'hdfs://nameserver/t', 'http://server/t', 'file://server/t'])(
    '%s is refused by the name of its setting',
    (text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
    },
  );

  it('keeps how the server is reached', () => {
    expect(parse('s3a://lake/a/b')).toEqual({ kind: 's3', bucket: 'lake', prefix: 'a/b', ...access });
  });
});

describe('the places around', () => {
  it.each([
    ['/data/checkpoints/bronze', '/data/checkpoints', 'bronze', '/data/checkpoints/_trash/x'],
    ['s3a://lake/checkpoints/bronze', 's3a://lake/checkpoints', 'bronze', 's3a://lake/checkpoints/_trash/x'],
    ['s3a://lake/bronze', 's3a://lake/', 'bronze', 's3a://lake/_trash/x'],
  ])('of %s', (text, parent, name, trash) => {
    const split = splitLocation(parse(text));
    expect([describeLocation(split.parent), split.name]).toEqual([parent, name]);
    expect(describeLocation(within(split.parent, '_trash/x'))).toBe(trash);
  });

  it('of a local folder are absolute', () => {
    expect(localFolder('/a/b/../c')).toEqual({ kind: 'local', path: '/a/c' });
  });
});
