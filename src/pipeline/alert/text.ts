/** Text from outside, made safe to show. Pure. */

/** One line without control, bidirectional and invisible characters, cut to `width` characters. */
export function oneLine(text: string, width: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const letters = [...line];
  return letters.length > width ? `${letters.slice(0, width - 1).join('')}…` : line;
}

/** Slack reads mentions and links only between < and >, and these three are the characters it wants escaped. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The text behind {@link escapeSlack}. */
export function unescapeSlack(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
