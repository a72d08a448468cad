/** The Kafka broker as jars from Maven Central, downloaded once. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CACHE, hasTool, runTool } from './program.ts';

export const KAFKA_VERSION = '4.3.1';
const FOLDER = path.join(CACHE, `kafka-${KAFKA_VERSION}`);

/** Why no broker can run here, or null. */
export function kafkaObstacle(): string | null {
  if (!hasTool('java', ['-version'])) return 'no java on PATH (17 or newer is needed)';
  return existsSync(FOLDER) ? null : 'its jars have not been downloaded';
}

/** A class path with the broker, its tools and a logger. */
export const kafkaClassPath = (): string => path.join(FOLDER, '*');

/** Downloads what is not there yet, about 54 MB. */
export async function prepareKafka(): Promise<void> {
  if (existsSync(FOLDER)) return;
  if (!hasTool('mvn', ['-version'])) throw new Error('no mvn on PATH');
  await download();
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
