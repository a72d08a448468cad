/** From an address of the page to a file below one folder, or to nothing. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';

/** What the page is made of; every other kind of file is not there. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export interface ServedFile {
  readonly file: string;
  readonly type: string;
}

/** Null for another host, a way out of the folder (dots, backslashes, NUL, links) and a type that is not served. */
export async function resolveFile(folder: string, address: string): Promise<ServedFile | null> {
  const name = readName(address);
  const type = name === null ? undefined : TYPES[path.extname(name)];
  if (name === null || type === undefined) return null;
  try {
    const root = await realpath(folder);
    const file = await realpath(path.join(root, name));
    return file.startsWith(root + path.sep) ? { file, type } : null;
  } catch {
    // Not there, or not to be read: for the page both are "not found".
    return null;
  }
}

function readName(address: string): string | null {
  try {
    const { host, pathname } = new URL(address);
    const name = decodeURIComponent(pathname);
    return host === 'console' && !/[\0\\%:]|(^|\/)\.\.?(\/|$)/.test(name) ? name : null;
  } catch {
    return null;
  }
}
