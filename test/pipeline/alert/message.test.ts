import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialsOf, maskCard, type AlertFacts } from '../../../src/pipeline/alert/facts.ts';
import {
  buildMessage,
  buildPlainMessage,
  previewLines,
  type SlackMessage,
} from '../../../src/pipeline/alert/message.ts';
import { EVENT_TIME } from './support.ts';

function facts(changes: Partial<AlertFacts> = {}): AlertFacts {
  return {
    transNum: 'c81a4e0f',
    level: 'HIGH',
    probability: 0.9731,
    amount: '512.30',
    initials: 'J. Y.',
    card: '•••• 4184',
    merchant: 'Kirlin and Sons',
    category: 'personal_care',
    city: 'Columbia',
    state: 'SC',
    why: ['High amount', 'Far from home', 'Late at night'],
    transactionAt: EVENT_TIME,
    modelVersion: 'lgbm-1',
    ruleBased: false,
    ...changes,
  };
}

/** Every text of the message as Slack would read it. */
function textsOf(message: SlackMessage): string[] {
  const texts: string[] = [message.text];
  JSON.stringify(message.blocks ?? [], (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}

const single = (changes: Partial<AlertFacts> = {}, repeat = false) => buildMessage([{ facts: facts(changes), repeat }]);

describe('a single alert', () => {
  it('says what a person needs in order to act', () => {
    expect(previewLines(facts(), false)).toEqual([
      '▲ HIGH risk 97.3 %: $512.30',
      'Customer: J. Y. •••• 4184',
      'Merchant: Kirlin and Sons (personal_care)',
      'Place: Columbia, SC',
      'Time: 2020-06-21 12:14:25 UTC',
      '• High amount',
      '• Far from home',
      '• Late at night',
      'Transaction c81a4e0f',
      'Model lgbm-1',
    ]);
  });

  it('carries the same in blocks of plain text', () => {
    const all = textsOf(single()).join('\n');
    for (const part of [
      '▲ HIGH risk 97.3 %',
      '$512.30',
      'J. Y. •••• 4184',
      'Kirlin and Sons',
      'Far from home',
      'c81a4e0f',
    ]) {
      expect(all).toContain(part);
    }
    expect(JSON.stringify(single().blocks)).not.toContain('mrkdwn');
  });

  it('tells the level by word and shape', () => {
    const lines = (['HIGH', 'MEDIUM', 'LOW'] as const).map((level) =>
      previewLines(facts({ level }), false)[0]?.slice(0, 8),
    );
    expect(lines).toEqual(['▲ HIGH r', '◆ MEDIUM', '● LOW ri']);
  });

  it('marks a possible repeat and a score of rules', () => {
    expect(textsOf(single({ ruleBased: true }, true)).join('\n')).toMatch(/Scored by rules[\s\S]*may be a repeat/);
    expect(textsOf(single()).join('\n')).not.toContain('repeat');
  });

  it('leaves out what is not known', () => {
    const lines = previewLines(facts({ city: null, state: null, transactionAt: null, why: [] }), false);
    expect(lines.some((line) => line.startsWith('Place') || line.startsWith('Time') || line.startsWith('•'))).toBe(
      false,
    );
  });
});

describe('text from outside', () => {
  it('arrives inert: no mention, no link, no control or bidirectional character', () => {
    const evil = '<!channel> <https://evil|bank> & \u202eabc\u0000\nnew *line*';
    const message = single({ merchant: evil, city: evil, why: [evil], transNum: evil, category: evil });
    for (const text of textsOf(message)) {
      expect(text).not.toMatch(/[<>\u202e\0]/);
      expect(text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
    }
    expect(textsOf(message).join()).toContain('&lt;!channel&gt;');
  });

  it('keeps every text within the limits of Slack, whatever it is', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constant('&'.repeat(5000)));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 10 }), (each, count) => {
        const one = {
          facts: facts({ merchant: each, city: each, transNum: each, why: [each, each, each] }),
          repeat: true,
        };
        const { blocks = [] } = buildMessage(Array.from({ length: count }, () => one));
        expect(blocks.length).toBeLessThanOrEqual(50);
        for (const block of blocks) {
          if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150);
          if ('fields' in block) block.fields.forEach((field) => expect(field.text.length).toBeLessThanOrEqual(2000));
          if ('text' in block) expect(block.text.text.length).toBeLessThanOrEqual(3000);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a digest', () => {
  const alerts = (['MEDIUM', 'HIGH', 'LOW'] as const).map((level, index) => ({
    facts: facts({ level, transNum: `t${index}` }),
    repeat: level === 'LOW',
  }));

  it('counts by level, names every fraud, and puts HIGH first with its reasons', () => {
    const [, title, ...texts] = textsOf(buildMessage(alerts));
    const sections = texts.slice(0, 3);
    expect(title).toBe('3 frauds on card •••• 4184: 1 HIGH, 1 MEDIUM, 1 LOW');
    expect(sections.map((section) => /t\d/.exec(section)?.[0])).toEqual(['t1', 't0', 't2']);
    expect(sections[0]).toContain('• Far from home');
    expect(sections[2]).toContain('may be a repeat');
    expect(sections[1]).not.toContain('may be a repeat');
  });

  it('tells what scored the frauds once, or with each when it was not the same', () => {
    const modelsIn = (some: typeof alerts) => textsOf(buildMessage(some)).filter((text) => /Model |rules/.test(text));
    expect(modelsIn(alerts)).toEqual([`Model ${facts({}).modelVersion}`]);
    const [first, ...others] = alerts as [(typeof alerts)[number], ...typeof alerts];
    const mixed = [{ ...first, facts: { ...first.facts, ruleBased: true } }, ...others];
    expect(modelsIn(mixed)).toHaveLength(3);
    expect(textsOf(buildMessage(mixed)).find((text) => text.includes('t0'))).toContain('Scored by rules');
  });

  it('can go as text alone', () => {
    const { text, blocks } = buildPlainMessage(alerts);
    expect(blocks).toBeUndefined();
    for (const id of ['t0', 't1', 't2']) expect(text).toContain(`Transaction ${id}`);
  });
});

describe('masking', () => {
  it('shows the last four of the exact digits and nothing of a short number', () => {
    expect(maskCard(4992346398065154184n)).toBe('•••• 4184');
    expect(maskCard('4992346398065154184')).toBe('•••• 4184');
    expect([maskCard(null), maskCard(12345678n)]).toEqual(['••••', '••••']);
  });

  it('shows initials, and only letters', () => {
    expect(initialsOf('Jeff', 'Yang')).toBe('J. Y.');
    expect(initialsOf(' <ángel', null)).toBe('Á.');
    expect(initialsOf(null, '')).toBe('?');
  });
});
