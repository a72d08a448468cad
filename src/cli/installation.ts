/** Where the parts of this program lie, told from the file that was started: a bundle in `dist/`, or the source. */
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

export interface Installation {
  readonly appRoot: string;
  readonly version: string;
  readonly workerFile: string;
  readonly stackWorkerFile: string;
  readonly migrationsFolder: string;
}

export function findInstallation(startedFile: string): Installation {
  const file = realpathSync(startedFile);
  const fromSource = file.endsWith('.ts');
  const appRoot = path.resolve(path.dirname(file), fromSource ? '../..' : '..');
  const { version } = JSON.parse(readFileSync(path.join(appRoot, 'package.json'), 'utf8')) as { version: string };
  const inRoot = (...parts: string[]): string => path.join(appRoot, ...parts);
  return {
    appRoot,
    version,
    workerFile: fromSource ? inRoot('src/pipeline/worker.ts') : inRoot('dist/worker.cjs'),
    stackWorkerFile: fromSource ? inRoot('src/stack/embedded/worker.ts') : inRoot('dist/stack-worker.cjs'),
    migrationsFolder: inRoot('src/stack/embedded/migrations'),
  };
}
