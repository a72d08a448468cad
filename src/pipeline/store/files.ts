/** The few file operations that durability is made of. Tests record them to check their order. */
import { constants, promises as fs } from 'node:fs';

export interface Files {
  /** Creates a new file with exactly these bytes, readable only by the owner, and syncs it. */
  writeNew(path: string, bytes: Uint8Array): Promise<void>;
  /** Creates a new file like `writeNew`, which a power cut may take away or empty again. */
  writeUnsynced(path: string, bytes: Uint8Array): Promise<void>;
  /** Gives the file a second name; EEXIST when the name is taken. */
  link(from: string, to: string): Promise<void>;
  /** Renames over whatever is there. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a name; an absent one is fine. */
  remove(path: string): Promise<void>;
  /** Creates one folder, readable only by the owner. False when it is there already. */
  makeFolder(path: string): Promise<boolean>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
}

export const nodeFiles: Files = {
  async writeNew(path, bytes) {
    const file = await fs.open(path, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  writeUnsynced: (path, bytes) => fs.writeFile(path, bytes, { flag: 'wx', mode: 0o600 }),
  link: (from, to) => fs.link(from, to),
  rename: (from, to) => fs.rename(from, to),
  async remove(path) {
    // `fs.rm` asks first what it is: three times the work.
    try {
      await fs.unlink(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  },
  async makeFolder(path) {
    try {
      await fs.mkdir(path, { mode: 0o700 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  },
  async syncFolder(path) {
    // Windows cannot open a folder for syncing; its file system keeps names in a journal.
    if (process.platform === 'win32') return;
    const folder = await fs.open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};
