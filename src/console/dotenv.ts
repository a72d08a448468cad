/** The text of a `.env` file -> its names and values. `#` comments, `export`, single and double quotes are understood. */
export function parseDotenv(text: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    if (match?.[1] !== undefined) values[match[1]] = parseValue(match[2] ?? '');
  }
  return values;
}

function parseValue(raw: string): string {
  const quoted = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(raw);
  if (!quoted) return raw.replace(/(^|\s+)#.*$/, '').trim();
  const inner = quoted[2] ?? '';
  return quoted[1] === '"' ? inner.replaceAll('\\n', '\n') : inner;
}
