/** Brings a docker engine and stand-in images onto this machine, once. Where that cannot be, it is said, and the tests do not run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { CACHE } from '../servers/program.ts';
import { connectObstacle } from '../servers/connect.ts';
import { kafkaObstacle } from '../servers/kafka-jars.ts';
import { s3Obstacle } from '../servers/s3.ts';
import { engineObstacle, prepareEngine, startEngine } from './engine.ts';
import { imagesObstacle, OUTCOME, outcome, prepareImages } from './images.ts';

const say = (text: string): void => void process.stdout.write(`docker engine: ${text}\n`);

async function prepare(): Promise<string | null> {
  const parts = kafkaObstacle() ?? connectObstacle() ?? s3Obstacle('minio');
  if (parts !== null) return `its stand-in images have no servers to hold: ${parts}`;
  await prepareEngine();
  const obstacle = engineObstacle();
  if (obstacle !== null) return obstacle;
  const engine = await startEngine();
  try {
    await prepareImages(engine);
    return null;
  } finally {
    await engine.stop();
  }
}

if ((await imagesObstacle()) === null && engineObstacle() === null) {
  say('ready');
} else {
  const problem = await prepare().catch((error: Error) => error.message);
  await mkdir(CACHE, { recursive: true });
  await writeFile(OUTCOME, outcome(problem));
  say(problem === null ? 'ready' : `cannot be had here: ${problem}`);
}
