/** Takes the lock of a folder at a given time, says how it went, and stays until it is ended. */
import { takeLock } from '../../../src/console/lock.ts';
import { toErrorView } from '../../../src/pipeline/errors.ts';

const [, , folder = '', at = '0'] = process.argv;
while (Date.now() < Number(at));
try {
  takeLock(folder, '/taker');
  console.log('taken');
} catch (error) {
  const { code, seen } = toErrorView(error);
  console.log(`${code} ${seen}`);
}
setInterval(() => undefined, 60_000);
