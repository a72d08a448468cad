/** Takes and releases the lock of a folder again and again, and says how often it had it, and how often with somebody else. */
import { closeSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { takeLock } from '../../../src/console/lock.ts';

const [, , folder = '', until = '0'] = process.argv;
const inside = path.join(folder, 'inside');
let taken = 0;
let shared = 0;

while (Date.now() < Number(until)) {
  try {
    const lock = takeLock(folder, '/hammer');
    taken++;
    try {
      closeSync(openSync(inside, 'wx'));
      // Stays long enough to be met by whoever was wrongly let in.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
      rmSync(inside);
    } catch {
      shared++;
    }
    lock.release();
  } catch {
    // Somebody else has it: the next round tries again.
  }
}
console.log(JSON.stringify({ taken, shared }));
