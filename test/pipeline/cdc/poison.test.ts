import { describe, expect, it } from 'vitest';
import { readIntake } from '../../../src/pipeline/alert/intake.ts';
import { parseChange } from '../../../src/pipeline/cdc/parse.ts';
import { POISON, type Poison } from '../support/poison.ts';
import { record } from '../support/records.ts';

const recordOf = ({ value }: Poison) => record(0, 7n, value(7));

describe.each(['bytes', 'envelope', 'numbers', 'dates', 'text', 'drift'] as const)('poison: %s', (group) => {
  const cases = POISON.filter((each) => each.group === group);

  it.each(cases)('$name is $bronze in Bronze', (poison) => {
    const change = parseChange(recordOf(poison));
    expect(change.kind === 'dead' ? change.code : change.kind).toBe(poison.bronze);
    const notes = change.kind === 'row' ? change.notes.map(({ column }) => column) : [];
    expect(notes).toEqual(poison.notes ?? []);
  });

  it.each(cases)('$name gets the same verdict in Alert, or a stricter one', async (poison) => {
    const given = recordOf(poison);
    const intake = await readIntake(
      (async function* () {
        yield [given];
      })(),
    );
    const wanted = poison.alert ?? poison.bronze;
    const codes = intake.deadLetters.map(({ code }) => code);
    const seen = [intake.candidates.length, intake.skips, codes];
    if (wanted === 'row') expect(seen).toEqual([1, 0, []]);
    else if (wanted === 'skip') expect(seen).toEqual([0, 1, []]);
    else {
      expect(seen).toEqual([0, 0, [wanted]]);
      expect(intake.deadLetters[0]?.record).toBe(given);
    }
  });
});
