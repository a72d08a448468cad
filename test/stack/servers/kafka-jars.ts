/** The Kafka broker as jars, about 54 MB. */
import path from 'node:path';
import { jarsObstacle, prepareJars, type Jars } from './maven.ts';
import { CACHE } from './program.ts';

export const KAFKA_VERSION = '4.3.1';

export const LOGGER = 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.1';

const KAFKA: Jars = {
  folder: path.join(CACHE, `kafka-${KAFKA_VERSION}`),
  artifacts: [`org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`, `org.apache.kafka:kafka-tools:${KAFKA_VERSION}`, LOGGER],
};

/** Why no broker can run here, or null. */
export const kafkaObstacle = (): string | null => jarsObstacle(KAFKA);

/** A class path with the broker, its tools and a logger. */
export const kafkaClassPath = (): string => path.join(KAFKA.folder, '*');

export const kafkaFolder = (): string => KAFKA.folder;

export const prepareKafka = (): Promise<void> => prepareJars(KAFKA);
