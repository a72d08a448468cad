/** A server from the Go module proxy, built once for this machine; the binary lies outside of the checkout. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { CACHE, hasTool, runTool } from './program.ts';

export interface GoProgram {
  readonly name: string;
  /** Module path of its main package. */
  readonly module: string;
  readonly version: string;
}

export const goBinary = ({ name, version }: GoProgram): string => path.join(CACHE, `${name}-${version}`, name);

/** Why it cannot run here, or null. */
export function goObstacle(program: GoProgram): string | null {
  return existsSync(goBinary(program)) ? null : 'it has not been built';
}

/** Builds what is not there yet, which takes minutes. */
export async function prepareGo(program: GoProgram): Promise<void> {
  const { name, module, version } = program;
  const binary = goBinary(program);
  if (existsSync(binary)) return;
  if (!hasTool('go', ['version'])) throw new Error('no go on PATH (1.24 or newer is needed)');
  await mkdir(path.dirname(binary), { recursive: true });
  const temp = await mkdtemp(path.join(CACHE, `${name}-`));
  const env = { GOBIN: temp, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' };
  await runTool('go', ['install', '-trimpath', '-ldflags', '-s -w', `${module}@${version}`], env);
  await rename(path.join(temp, name), binary);
  await rm(temp, { recursive: true, force: true });
}
