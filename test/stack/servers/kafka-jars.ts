/** The Kafka broker as jars from Maven Central, downloaded once. */
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CACHE, hasTool, runTool } from './program.ts';

export const KAFKA_VERSION = '4.3.1';
const FOLDER = path.join(CACHE, `kafka-${KAFKA_VERSION}`);

/** Why no broker can run here, or null. */
export function kafkaObstacle(): string | null {
  if (!hasTool('java', ['-version'])) return 'no java on PATH (17 or newer is needed)';
  if (!hasTool('mvn', ['-version'])) return 'no mvn on PATH';
  return null;
}

/** A class path with the broker, its tools and a logger; about 54 MB. */
export async function kafkaClassPath(): Promise<string> {
  const isThere = await stat(FOLDER).catch(() => null);
  if (!isThere) await download();
  return path.join(FOLDER, '*');
}

/** Into a folder of its own first, so that a cut download is never taken for a whole one. */
async function download(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const temp = await mkdtemp(path.join(CACHE, 'kafka-'));
  const pom = path.join(temp, 'pom.xml');
  await writeFile(pom, POM);
  await runTool('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${temp}/jars`]);
  await rename(path.join(temp, 'jars'), FOLDER).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await rm(temp, { recursive: true, force: true });
}

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
    ${dependency('org.apache.kafka', 'kafka-tools', KAFKA_VERSION)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.1')}
  </dependencies>
</project>
`;
