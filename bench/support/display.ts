/** A virtual display of our own, for windows that nobody looks at. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Starts Xvfb on a free display and resolves with its name, e.g. `:99`, and the way to end it. */
export async function startDisplay(): Promise<{ readonly name: string; stop(): void }> {
  const child = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return { name: `:${chunk.toString().trim()}`, stop: () => void child.kill('SIGTERM') };
}
