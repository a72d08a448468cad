/** Java programs as jars from Maven Central, downloaded once into the cache. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CACHE, hasTool, runTool } from './program.ts';

export interface Jars {
  /** Folder in the cache. */
  readonly folder: string;
  /** `group:artifact:version`, with all that they depend on. */
  readonly artifacts: readonly string[];
  /** Left out, because something else brings it. */
  readonly without?: (file: string) => boolean;
}

/** Why they cannot be run here, or null. */
export function jarsObstacle({ folder }: Jars): string | null {
  if (!hasTool('java', ['-version'])) return 'no java on PATH (17 or newer is needed)';
  return existsSync(folder) ? null : 'its jars have not been downloaded';
}

/** Downloads what is not there yet. */
export async function prepareJars(jars: Jars): Promise<void> {
  if (existsSync(jars.folder)) return;
  if (!hasTool('mvn', ['-version'])) throw new Error('no mvn on PATH');
  await mkdir(CACHE, { recursive: true });
  await download(jars);
}

/** Into a folder of its own first, so that a cut download is never taken for a whole one. */
async function download({ folder, artifacts, without = () => false }: Jars): Promise<void> {
  const temp = await mkdtemp(path.join(CACHE, 'jars-'));
  try {
    const pom = path.join(temp, 'pom.xml');
    const whole = path.join(temp, 'jars');
    await writeFile(pom, toPom(artifacts));
    const what = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${whole}`];
    await runTool('mvn', ['-q', '-B', '-f', pom, ...what]);
    for (const file of (await readdir(whole)).filter(without)) await rm(path.join(whole, file));
    await mkdir(path.dirname(folder), { recursive: true });
    await rename(whole, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

function toPom(artifacts: readonly string[]): string {
  const dependencies = artifacts.map((each) => {
    const [group, artifact, version] = each.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId><artifactId>servers</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('\n')}</dependencies>
</project>
`;
}
