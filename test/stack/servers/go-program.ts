/** A server from the Go module proxy, built once for this machine; the binary lies outside of the checkout. */
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { CACHE, hasTool, runTool } from './program.ts';

export interface GoProgram {
  readonly name: string;
  /** Module path of its main package. */
  readonly module: string;
  readonly version: string;
}

/** Why it cannot run here, or null. */
export function goObstacle(): string | null {
  return hasTool('go', ['version']) ? null : 'no go on PATH (1.24 or newer is needed)';
}

/** The path of the binary. The first call on a machine builds it on one core, which takes minutes. */
export async function goBinary({ name, module, version }: GoProgram): Promise<string> {
  const binary = path.join(CACHE, `${name}-${version}`, name);
  if (await stat(binary).catch(() => null)) return binary;
  await mkdir(path.dirname(binary), { recursive: true });
  const temp = await mkdtemp(path.join(CACHE, `${name}-`));
  const env = { GOBIN: temp, GOFLAGS: '-mod=mod', CGO_ENABLED: '0', GOMAXPROCS: '1' };
  await runTool('go', ['install', '-trimpath', '-ldflags', '-s -w', `${module}@${version}`], env);
  await rename(path.join(temp, name), binary);
  await rm(temp, { recursive: true, force: true });
  return binary;
}
