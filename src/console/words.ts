/** Numbers as people read them; every sentence of the console uses these. */

export { bytes } from '../stack/doctor/words.ts';

/** `1 record`, `12,480 records`. */
export function count(n: number, noun: string, many = `${noun}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? noun : many}`;
}

/** `0.4 s`, `7 s`, `4 min 5 s`, `3 h 12 min`, `2 d 3 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${trimmed(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return pair(whole, 60, 'min', 1, 's');
  if (whole < 86_400) return pair(whole, 3_600, 'h', 60, 'min');
  return pair(whole, 86_400, 'd', 3_600, 'h');
}

/** `12.1`, `3`, `1,240`. */
export function rate(perSecond: number): string {
  return perSecond < 100 ? trimmed(perSecond) : Math.round(perSecond).toLocaleString('en-US');
}

/** `Bronze`, as a sentence begins with it. */
export function title(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function pair(whole: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((whole % big) / small);
  return `${Math.floor(whole / big)} ${bigUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

const trimmed = (value: number): string => value.toFixed(1).replace(/\.0$/, '');
