/** Numbers, sizes, times and durations as the window writes them. Pure. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const upToTwoDigits = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const twoDigits = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** `324,408` */
export const count = (value: number): string => whole.format(value);

/** `1 record`, `85 records` */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** An offset of up to 64 bits, given as decimal text: `9,223,372,036,854,775,807`. Never through a number. */
export const offset = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');

/** `12.1`; `102` from a hundred on, and `0` for nothing */
export const rate = (perSecond: number): string =>
  perSecond >= 100 || perSecond === 0 ? whole.format(perSecond) : oneDigit.format(perSecond);

/** A step of an axis: `12k`, `340`, and `0.5` where steps are finer than one. */
export const step = (value: number): string =>
  value >= 10_000 ? `${whole.format(value / 1_000)}k` : upToTwoDigits.format(value);

/** `$1,106.82` from decimal text; text that is no amount stays as it is. */
export function money(amount: string): string {
  return /^-?\d+(\.\d+)?$/.test(amount) ? `$${twoDigits.format(Number(amount))}` : amount;
}

/** `0.58%`, and `23.3%` from ten on */
export function percent(part: number, all: number): string {
  if (all === 0) return '–';
  const share = (100 * part) / all;
  return `${(share < 10 ? twoDigits : oneDigit).format(share)}%`;
}

/** `96.4 KB` */
export function bytes(size: number): string {
  const power = powerOf(size);
  const value = size / 1024 ** power;
  return `${power === 0 ? whole.format(value) : oneDigit.format(value)} ${UNITS[power]}`;
}

/** The unit of a chart whose largest value is so many bytes: every value is a number of it, and it stands once. */
export function sizeUnit(largest: number): { readonly name: string; readonly bytes: number } {
  const power = Math.max(1, powerOf(largest));
  return { name: UNITS[power] ?? '', bytes: 1024 ** power };
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

const powerOf = (size: number): number =>
  size < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(size) / Math.log(1024)));

/** A span in words: `340 ms`, `1.20 s`, `35 s`, `3 min 12 s`, `3 h 12 min`, `4 d 18 h`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${twoDigits.format(ms / 1_000)} s`;
  return longSpan(ms);
}

/** As {@link span}, never finer than a second: for ages and waiting times. */
export function longSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.floor(minutes / 60);
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const two = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;

/** How often a query looks for new records; 0 is as soon as there are some. */
export const trigger = (ms: number): string => (ms === 0 ? 'as data comes' : longSpan(ms));

/** The zone in which every time on screen is written. */
export type Zone = 'UTC' | 'local';

/** `14:32:07` */
export const clock = (at: number, zone: Zone): string => formatter(zone, 'clock').format(at);

/** `14:32:07.004` */
export const preciseClock = (at: number, zone: Zone): string => formatter(zone, 'precise').format(at);

/** `14:32` */
export const shortClock = (at: number, zone: Zone): string => formatter(zone, 'short').format(at);

/** `Sun 22 Nov 2026` */
export const day = (at: number, zone: Zone): string => formatter(zone, 'day').format(at).replaceAll(',', '');

/** `14:32:07` today, `21 Nov 14:32:07` on another day. */
export function moment(at: number, now: number, zone: Zone): string {
  const date = day(at, zone);
  if (date === day(now, zone)) return clock(at, zone);
  const [, number, month] = date.split(' ');
  return `${number} ${month} ${clock(at, zone)}`;
}

/** `21 Jun 2020 23:14:07` */
export const fullMoment = (at: number, zone: Zone): string => `${day(at, zone).slice(4)} ${clock(at, zone)}`;

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const SHAPES = {
  clock: { ...TIME, second: '2-digit' },
  precise: { ...TIME, second: '2-digit', fractionalSecondDigits: 3 },
  short: TIME,
  day: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const formatters = new Map<string, Intl.DateTimeFormat>();

// Making a formatter costs a hundred times more than using it.
function formatter(zone: Zone, shape: keyof typeof SHAPES): Intl.DateTimeFormat {
  const key = `${zone} ${shape}`;
  const known = formatters.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...SHAPES[shape],
    ...(zone === 'UTC' ? { timeZone: 'UTC' } : {}),
  });
  formatters.set(key, made);
  return made;
}

/** `c81a4e0f…b912`: an id short enough for a list. */
export const shortId = (id: string): string => (id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id);
