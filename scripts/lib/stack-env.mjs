import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What nobody has to choose. */
const PASSWORDS = ['POSTGRES_PASSWORD', 'MINIO_ROOT_PASSWORD'];
const OWNER_ONLY = 0o600;

/**
 * Gives the folder a `.env` in which every password is set; values that are there are never changed.
 * @param {string} folder with `.env.example` @returns {{ file: string, written: string[] }} the names that were set now
 */
export function initStack(folder) {
  const file = path.join(folder, '.env');
  const isNew = !existsSync(file);
  const before = readFileSync(isNew ? path.join(folder, '.env.example') : file, 'utf8');
  const written = PASSWORDS.filter((name) => !isSet(before, name));
  if (written.length === 0) return { file, written };
  const text = written.reduce((all, name) => withValue(all, name, randomBytes(18).toString('base64url')), before);
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text, { mode: OWNER_ONLY, flag: 'wx' });
  chmodSync(temporary, OWNER_ONLY);
  renameSync(temporary, file);
  return { file, written };
}

/** @param {string} text @param {string} name */
const isSet = (text, name) => new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=[ \\t]*\\S`, 'm').test(text);

/** In the place of the empty line of that name, else at the end. @param {string} text @param {string} name @param {string} value */
function withValue(text, name, value) {
  const empty = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*$`, 'm');
  if (empty.test(text)) return text.replace(empty, `${name}=${value}`);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${name}=${value}\n`;
}
