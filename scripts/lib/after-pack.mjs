import { rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Called by electron-builder. The fallback Electron carries the bootstrap that finds a checkout; a package is an app itself.
 * @param {{ appOutDir: string }} context
 */
export default function afterPack({ appOutDir }) {
  rmSync(path.join(appOutDir, 'resources/app'), { recursive: true, force: true });
}
