/** The address, or null when the text is none. `URL.canParse` came after Node 18.15. */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
