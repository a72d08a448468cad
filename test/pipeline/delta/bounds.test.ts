import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bounds } from '../../../src/pipeline/delta/bounds.ts';
import { ByteList } from '../../../src/pipeline/delta/byte-list.ts';

/** More than are sorted for their ranks. */
const MANY = 5_000;

function listOf(texts: readonly string[]): ByteList {
  const list = new ByteList();
  for (const text of texts) {
    const bytes = Buffer.from(text);
    list.append(bytes, 0, bytes.length);
  }
  return list;
}

function textBounds(list: ByteList, count: number): { min: string; max: string } {
  const bounds = new Bounds();
  bounds.addTexts(
    list,
    Int32Array.from({ length: count }, (_, entry) => entry),
    0,
    count,
  );
  return { min: list.text(bounds.min), max: list.text(bounds.max) };
}

const sorted = (texts: readonly string[]): string[] =>
  [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 9 }),
  fc.constantFrom('', '\0', '\0\0', 'abcdef', 'abcdef\0', 'abcdefg', '\u00ff', '\ue000', '😀'),
);

it.each([
  ['few texts', 0],
  ['many texts', MANY],
])('finds the first and the last of %s in the order of their bytes', (_what, more) => {
  const filling = Array.from({ length: more }, (_, n) => `abc${n % 10}`);
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 50 }), (some) => {
      const texts = [...some, ...filling];
      const list = listOf(texts);
      expect(list.ranks() === null).toBe(texts.length > 4_096);
      const all = sorted(texts);
      expect(textBounds(list, texts.length)).toEqual({ min: all[0], max: all.at(-1) });
      const few = sorted(some);
      expect(textBounds(list, some.length)).toEqual({ min: few[0], max: few.at(-1) });
    }),
    { numRuns: more > 0 ? 30 : 300 },
  );
});
