/** Where the parts of the app lie. Everything is found from the bundle `dist/main.cjs` itself. */
import path from 'node:path';

export const APP_ROOT = path.dirname(__dirname);
export const MIGRATIONS = path.join(APP_ROOT, 'src/stack/embedded/migrations');

export const inDist = (...parts: readonly string[]): string => path.join(__dirname, ...parts);
