/** What a table in a folder holds, told by the files of its log as they come. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 10;

export interface Log {
  /** Rows that the commits have added, and when the first and the last of them were seen; ms of `performance.now()`. */
  readonly rows: () => number;
  readonly files: () => number;
  readonly firstAt: () => number;
  readonly lastAt: () => number;
  /** Resolves once the table holds so many rows. Rejects when it does not within the time. */
  until(rows: number, ms: number): Promise<void>;
}

export function watchLog(root: string): Log {
  const folder = path.join(root, 'table', '_delta_log');
  let [version, rows, files, firstAt, lastAt] = [0, 0, 0, NaN, NaN];

  function look(): void {
    for (;;) {
      const actions = readCommit(path.join(folder, `${String(version).padStart(20, '0')}.json`));
      if (!actions) return;
      const added = actions.flatMap(({ add }) => (add ? [JSON.parse(add.stats) as { numRecords: number }] : []));
      version += 1;
      files += added.length;
      rows += added.reduce((sum, { numRecords }) => sum + numRecords, 0);
      if (added.length === 0) continue;
      lastAt = performance.now();
      if (Number.isNaN(firstAt)) firstAt = lastAt;
    }
  }

  return {
    rows: () => rows,
    files: () => files,
    firstAt: () => firstAt,
    lastAt: () => lastAt,
    until: async (wanted, ms) => {
      const late = performance.now() + ms;
      for (look(); rows < wanted; look()) {
        if (performance.now() > late) throw new Error(`${rows} rows of ${wanted} in ${folder} after ${ms} ms`);
        await sleep(LOOK_MS);
      }
    },
  };
}

/** Versions of a table whose first ones were written before. */
export function newestVersion(root: string): number {
  const names = readdirSync(path.join(root, 'table', '_delta_log')).filter((name) => /^\d{20}\.json$/.test(name));
  return Math.max(-1, ...names.map((name) => Number(name.slice(0, 20))));
}

interface Action {
  readonly add?: { readonly stats: string };
}

function readCommit(file: string): Action[] | null {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Action);
  } catch {
    return null;
  }
}
