/** Where objects lie: a local folder or a path of a bucket, as plain data, with its address in text. Pure. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../errors.ts';
import { parseS3Url, type S3Settings } from './s3-settings.ts';

export interface LocalFolder {
  readonly kind: 'local';
  /** Absolute. */
  readonly path: string;
}

export type StoreLocation = LocalFolder | S3Settings;

/** How the S3 server of an address is reached: all that the address does not say. */
export type S3Access = Omit<S3Settings, 'kind' | 'bucket' | 'prefix'>;

export const localFolder = (folder: string): LocalFolder => ({ kind: 'local', path: path.resolve(folder) });

/**
 * Understands `s3://bucket/path`, `s3a://bucket/path`, `file:///path`, and a local path, which may begin at `cwd`.
 * @param origin where the text comes from, for the error
 */
export function parseLocation(text: string, access: S3Access, cwd: string, origin: string): StoreLocation {
  const s3 = parseS3Url(text);
  if (s3 && s3.prefix !== '') return { kind: 's3', ...s3, ...access };
  if (s3) throw invalid(origin, text, 'a path below the bucket, such as s3a://lakehouse/bronze/transactions');
  if (/^file:/.test(text)) return localFolder(parseFileUrl(text, origin));
  if (/^[a-z][a-z0-9+.-]+:/i.test(text) && !path.isAbsolute(text)) {
    throw invalid(origin, text, 's3a://bucket/path, file:///path or a local path');
  }
  return localFolder(path.resolve(cwd, text));
}

/** The address as people and Spark write it. */
export function describeLocation(location: StoreLocation): string {
  return location.kind === 'local' ? location.path : `s3a://${location.bucket}/${location.prefix}`;
}

/** True for a server, false for this machine's own disk. */
export const isRemote = (location: StoreLocation): boolean => location.kind !== 'local';

/** The folder in which this one lies, and how it is called there. A bucket itself is the parent of its first level. */
export function splitLocation(location: StoreLocation): { readonly parent: StoreLocation; readonly name: string } {
  if (location.kind === 'local') {
    return { parent: localFolder(path.dirname(location.path)), name: path.basename(location.path) };
  }
  const cut = location.prefix.lastIndexOf('/');
  return {
    parent: { ...location, prefix: location.prefix.slice(0, Math.max(0, cut)) },
    name: location.prefix.slice(cut + 1),
  };
}

/** The folder below this one. @param key parts divided by `/` */
export function within(location: StoreLocation, key: string): StoreLocation {
  if (location.kind === 'local') return localFolder(path.join(location.path, ...key.split('/')));
  return { ...location, prefix: location.prefix === '' ? key : `${location.prefix}/${key}` };
}

function parseFileUrl(text: string, origin: string): string {
  // Hadoop writes a single slash, file:/path, where the standard has three.
  const url = text.replace(/^file:\/(?!\/)/, 'file:///');
  try {
    return fileURLToPath(url);
  } catch {
    throw invalid(origin, text, 'file:///path with an absolute path');
  }
}

function invalid(origin: string, seen: string, expected: string): SluiceError {
  const action = `Correct ${origin}.`;
  return new SluiceError('SETTINGS_INVALID', { tried: `Reading ${origin}`, seen, expected, action });
}
