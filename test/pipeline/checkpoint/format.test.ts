import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  COMMIT_BYTES,
  parseCommit,
  parseInitial,
  parseMetadata,
  parseOffsets,
  serializeInitial,
  serializeMetadata,
  serializeOffsets,
  SPARK_CONF,
  type Parsed,
} from '../../../src/pipeline/checkpoint/format.ts';
import { FIXTURES } from '../support/records.ts';

const GOLDEN = path.join(FIXTURES, 'golden', 'checkpoint');
const golden = (key: string): Buffer => readFileSync(path.join(GOLDEN, key));
const valueOf = <T>(parsed: Parsed<T>): T => {
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

describe('the files that Spark 3.5 wrote', () => {
  it('come out byte for byte after being read', () => {
    expect(serializeMetadata(valueOf(parseMetadata(golden('metadata'))))).toEqual(golden('metadata'));
    expect(serializeInitial(valueOf(parseInitial(golden('sources/0/0'), 'sources/0/0')))).toEqual(
      golden('sources/0/0'),
    );
    const batches = readdirSync(path.join(GOLDEN, 'offsets')).filter((name) => !name.startsWith('.'));
    expect(batches).toHaveLength(12);
    for (const batch of batches) {
      const bytes = golden(`offsets/${batch}`);
      expect(serializeOffsets(valueOf(parseOffsets(bytes, batch)))).toEqual(bytes);
      expect(COMMIT_BYTES).toEqual(golden(`commits/${batch}`));
    }
  });

  it('pin the settings that a new checkpoint gets', () => {
    expect(valueOf(parseOffsets(golden('offsets/0'), 'offsets/0')).conf).toEqual(SPARK_CONF);
  });

  it('give the offsets whatever their order', () => {
    const entry = valueOf(parseOffsets(golden('offsets/3'), 'offsets/3'));
    expect(entry).toMatchObject({ topic: 'golden.public.transactions', timestamp: 1795361321800, watermarkMs: 0 });
    expect(new Map([...entry.offsets].sort())).toEqual(
      new Map([
        [0, 64n],
        [1, 60n],
        [2, 48n],
      ]),
    );
    const turned = golden('offsets/3').toString().replace('"2":48,"1":60,"0":64', '"0":64,"1":60,"2":48');
    expect(valueOf(parseOffsets(Buffer.from(turned), 'x')).offsets).toEqual(entry.offsets);
  });
});

it('carries 64-bit offsets and settings of another Spark unchanged', () => {
  const text =
    'v1\n{"batchWatermarkMs":0,"batchTimestampMs":5,"conf":{"spark.new":"x"}}\n{"t":{"0":9223372036854775807}}';
  expect(serializeOffsets(valueOf(parseOffsets(Buffer.from(text), 'x'))).toString()).toBe(text);
});

it('reads the forms that older Sparks wrote', () => {
  expect(parseCommit(Buffer.from('v1\n{}'), 'x').ok).toBe(true);
  expect(parseCommit(Buffer.from('v1'), 'x').ok).toBe(true);
  expect(valueOf(parseInitial(Buffer.from('{"t":{"0":3}}'), 'x')).offsets).toEqual(new Map([[0, 3n]]));
});

describe('what cannot be used', () => {
  it.each([
    ['v2\n{}\n{"t":{"0":1}}'],
    ['v99999\n{}\n{"t":{"0":1}}'],
    ['v1\n{"batchTimestampMs":1}\n{"a":{"0":1},"b":{"0":1}}'],
  ])('is refused when it is of another layout: %j', (text) => {
    expect(() => parseOffsets(Buffer.from(text), 'offsets/7')).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_UNSUPPORTED' }),
    );
  });

  it.each([
    [''],
    ['v'],
    ['w1\n{}\n{"t":{"0":1}}'],
    ['v1\n{"batchTimestampMs":1}'],
    ['v1\n{"batchTimestampMs":1}\n-'],
    ['v1\n{"batchTimestampMs":1}\n{"t":{"0":1}}\n{"t":{"0":1}}'],
    ['v1\n{"batchTimestampMs":1}\n{"t":{"0":-1}}'],
    ['v1\n{"batchTimestampMs":1}\n{"t":{"0":1'],
    ['v1\n{"batchTimesta'],
    ['v1\n\n{"t":{"0":1}}'],
  ])('is damage when it is torn: %j', (text) => {
    expect(parseOffsets(Buffer.from(text), 'offsets/7').ok).toBe(false);
  });

  it('is found wherever a file of Spark is cut short', () => {
    const whole = golden('offsets/3');
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseOffsets(whole.subarray(0, length), 'offsets/3').ok).toBe(false);
    }
  });
});
