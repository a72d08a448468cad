/** The stack's own thread, which in addition dies when the file named by its folder appears. */
import { existsSync } from 'node:fs';
import '../../../src/stack/embedded/worker.ts';
import { DEADLY_FILE } from './support.ts';

setInterval(() => {
  if (existsSync(DEADLY_FILE)) process.exit(7);
}, 20).unref();
