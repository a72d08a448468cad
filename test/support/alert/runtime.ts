/** What runs a life of Alert: the pinned Node with the sources as they are, or Electron with bundles that keep the failpoints. */
import path from 'node:path';
import { build } from 'vite';
import { resolveElectron } from '../../../scripts/electron.mjs';
import { nodeBundle } from '../../../vite.config.ts';

export const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');
const HOST = path.join(ROOT, 'test/support/alert/host.ts');
const WORKER = path.join(ROOT, 'src/pipeline/worker.ts');

export interface Runtime {
  readonly command: string;
  readonly hostFile: string;
  readonly workerFile: string;
  readonly env: Readonly<Record<string, string>>;
}

export const NODE: Runtime = { command: process.execPath, hostFile: HOST, workerFile: WORKER, env: {} };

/** Electron's own Node, without a window. The bundles lie in `folder`, which must stay. */
export async function electronRuntime(folder: string): Promise<Runtime> {
  const { executablePath } = await resolveElectron({ quiet: true });
  const hostFile = path.join(folder, 'host.cjs');
  const workerFile = path.join(folder, 'worker.cjs');
  for (const [source, output] of [
    [HOST, hostFile],
    [WORKER, workerFile],
  ] as const)
    await build({ ...nodeBundle(source, output, { failpoints: true }), logLevel: 'error' });
  return { command: executablePath, hostFile, workerFile, env: { ELECTRON_RUN_AS_NODE: '1' } };
}
