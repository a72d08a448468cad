/** A double as Java prints it (`Double.toString`): `9.68`, `1.0E-7`, `1.234567891E7`, `-0.0`. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === 0) return `${sign}0.0`;
  return sign + (size >= 1e-3 && size < 1e7 ? withPoint(size.toString()) : scientific(size));
}

const withPoint = (text: string): string => (text.includes('.') ? text : `${text}.0`);

function scientific(size: number): string {
  const [digits = '', exponent = ''] = size.toExponential().split('e');
  return `${withPoint(digits)}E${exponent.replace('+', '')}`;
}
