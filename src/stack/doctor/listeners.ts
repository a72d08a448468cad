/** Which ports of this machine are taken, and by whom, from Linux' own tables. Elsewhere, and without the right, it stays unknown. */
import { readdir, readFile, readlink } from 'node:fs/promises';

export interface Listener {
  readonly port: number;
  /** `127.0.0.1`, `0.0.0.0`, `::`, ... */
  readonly address: string;
  /** Null when the process belongs to somebody else and may not be looked at. */
  readonly process: { readonly pid: number; readonly name: string } | null;
}

/** @returns null where the system keeps no such tables. */
export async function readListeners(proc = '/proc'): Promise<Listener[] | null> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readTable(`${proc}/net/${name}`)));
  if (tables.every((table) => table === null)) return null;
  const sockets = tables.flatMap((table) => (table === null ? [] : parseTable(table)));
  if (sockets.length === 0) return [];
  const owners = await findOwners(proc, new Set(sockets.map(({ inode }) => inode)));
  return sockets.map(({ port, address, inode }) => ({ port, address, process: owners.get(inode) ?? null }));
}

interface ListeningSocket {
  readonly port: number;
  readonly address: string;
  readonly inode: string;
}

const LISTENING = '0A';

/** Lines such as `0: 0100007F:1538 00000000:0000 0A ... uid timeout inode`. */
export function parseTable(text: string): ListeningSocket[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENING && fields[1]?.includes(':'))
    .map((fields) => {
      const [host = '', port = ''] = (fields[1] ?? '').split(':');
      return { port: Number.parseInt(port, 16), address: toAddress(host), inode: fields[9] ?? '' };
    });
}

/** The kernel writes an address in words of four bytes, each in the order of the machine. */
function toAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const numbers = bytes.map((byte) => Number.parseInt(byte, 16));
  if (numbers.length === 4) return numbers.join('.');
  if (numbers.every((byte) => byte === 0)) return '::';
  if (numbers.slice(0, 15).every((byte) => byte === 0) && numbers[15] === 1) return '::1';
  const isMapped = numbers.slice(0, 10).every((byte) => byte === 0) && numbers[10] === 255 && numbers[11] === 255;
  return isMapped ? numbers.slice(12).join('.') : bytes.join('').replace(/(.{4})(?=.)/g, '$1:');
}

async function findOwners(proc: string, inodes: ReadonlySet<string>) {
  const owners = new Map<string, { pid: number; name: string }>();
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const folder = `${proc}/${pid}/fd`;
    for (const fd of await readdir(folder).catch(() => [])) {
      const target = await readlink(`${folder}/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode) || owners.has(inode)) continue;
      const name = (await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => '')).trim();
      owners.set(inode, { pid: Number(pid), name });
    }
  }
  return owners;
}

const readTable = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(() => null);

/** True for an address that other machines can reach. */
export const isOpenToOthers = ({ address }: Listener): boolean => !address.startsWith('127.') && address !== '::1';
