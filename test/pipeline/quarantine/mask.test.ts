import { describe, expect, it } from 'vitest';
import { findHidden, maskText } from '../../../src/pipeline/quarantine/mask.ts';
import { findFault, viewBytes, viewKey } from '../../../src/pipeline/quarantine/view.ts';

const CARD = '4992346398065154184';

describe('a card number shows its last four digits', () => {
  it.each([
    ['plain', `{"cc_num":${CARD},"x":1}`, '{"cc_num":•••••••••••••••4184,"x":1}'],
    ['as text, with blanks', '"4992 3463 9806 5154"', '"•••••••••••••••5154"'],
    ['with hyphens', 'card 4992-3463-9806-5154.', 'card •••••••••••••••5154.'],
    ['short, in its field', '{"cc_num": "60416207185"}', '{"cc_num": "•••••••7185"}'],
    ['too short to hide anything', '{"cc_num":12345678}', '{"cc_num":••••••••}'],
    ['in a field of another name', `{"zip":${CARD}}`, '{"zip":•••••••••••••••4184}'],
    ['as JSON escapes', `"${[...'499234639806'].map((d) => `\\u003${d}`).join('')}"`, null],
    ['as hex digits', Buffer.from(CARD).toString('hex'), null],
    ['in base64', `x ${Buffer.from(`n:${CARD}`).toString('base64')} y`, null],
    ['in an escaped document', `{"payload":"{\\"cc_num\\":${CARD}}"}`, null],
  ])('%s', (_name, text, wanted) => {
    const masked = maskText(text);
    if (wanted === null) {
      expect(masked).toContain('•');
      for (const form of formsOf(CARD)) expect(masked).not.toContain(form);
    } else expect(masked).toBe(wanted);
  });

  it('in UTF-16 too, byte by byte', () => {
    const bytes = Buffer.from(`{"cc_num":${CARD}}`, 'utf16le');
    const hidden = findHidden(bytes);
    const shown = [...bytes].filter((byte, at) => byte !== 0 && hidden[at] === 0);
    expect(String.fromCharCode(...shown)).toBe('{"cc_num":4184}');
  });

  it('but times, places and ids stay readable', () => {
    const text =
      '{"trans_date_trans_time":1546300800000000,"ts_ms":1735000000456,"ts_ns":1735000000456123456,"lat":48.887800000000013,"lsn":24023128,"trans_num":"0b242abb623afc578575680df30655b9"}';
    expect(maskText(text)).toBe(text);
  });
});

describe('the view of a letter', () => {
  it('shows hex and text row by row, and hides the same bytes in both', () => {
    const { rows, text, masked } = viewBytes(Buffer.from(`{"cc_num":${CARD},"a":"é\u001b[31m"}`), 0);
    expect(rows.map(({ text: row }) => row)).toEqual(
      ['{"cc_num":••••••', '•••••••••4184,"a', '":"··', '·[31m"}'].slice(0, 2).concat('":"···[31m"}'),
    );
    expect(rows[0]?.hex.slice(9, 12)).toEqual(['3a', '••', '••']);
    expect(text).toBe('{"cc_num":•••••••••••••••4184,"a":"é\\u001b[31m"}');
    expect(masked).toBe(true);
  });

  it('hides a number that begins before the part that is shown', () => {
    const value = Buffer.from(`${'x'.repeat(10)}${CARD}${'y'.repeat(40)}`);
    expect(viewBytes(value, 16, 16).rows[0]?.text).toBe('•••••••••4184yyy');
  });

  it.each([
    ['NOT_JSON', '{"a":"é",}', 'the value is not JSON from position 9 on', 10],
    ['NOT_JSON', '', 'the value is not JSON from position 0 on', 0],
    ['NO_AFTER', '{}', 'op is c, but after is no object', null],
  ])('finds where reading ended: %s %j', (code, text, reason, wanted) => {
    expect(findFault(Buffer.from(text), code, reason)).toBe(wanted);
  });

  it('finds the first byte that is no UTF-8, also behind a chunk', () => {
    for (const before of [0, 1, 4095, 4096, 9000]) {
      const value = Buffer.concat([Buffer.from('é'.repeat(before)), Buffer.from([0x41, 0xff, 0x42])]);
      expect(findFault(value, 'NOT_UTF8', 'x')).toBe(2 * before + 1);
    }
  });

  it('masks the key', () => {
    expect(viewKey(Buffer.from(`{"cc_num":${CARD}}`))).toBe('{"cc_num":•••••••••••••••4184}');
    expect(viewKey(null)).toBeNull();
  });
});

const formsOf = (card: string): string[] => [
  card.slice(0, 12),
  Buffer.from(card).toString('hex').slice(0, 24),
  Buffer.from(`n:${card}`).toString('base64').slice(0, 12),
];
