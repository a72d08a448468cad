/** A sample of `npm run bench -- matrix`: Bronze dies on a real Kafka, and a second start brings every row once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, runCase, type World } from '../../../bench/matrix/case.ts';
import { isSound } from '../../pipeline/support/oracle.ts';
import { kafkaObstacle } from './kafka.ts';
import { notRun } from './not-run.ts';
import { s3Obstacle } from './s3.ts';

const obstacle = notRun('Kafka and S3', kafkaObstacle() ?? s3Obstacle('minio'));

describe.skipIf(obstacle)('Bronze, dying', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(['local', 'minio']);
  });
  afterAll(() => world?.close());

  it.each([
    { failpoint: 'b4', kill: 'kill', store: 'local' },
    { failpoint: 'b8', kill: 'terminate', store: 'local' },
    { failpoint: 'b5', kill: 'kill', store: 'minio' },
    { failpoint: 'b7', kill: 'kill', store: 'minio' },
    { failpoint: 'b13', kill: 'terminate', store: 'minio' },
  ] as const)('at $failpoint by $kill, with its table on $store, keeps every row once', async (each) => {
    const { fired, verdict, shot } = await runCase(world, { ...each, seed: 1 });
    expect({ shot, fired }).toEqual({ shot, fired: true });
    expect(isSound(verdict), JSON.stringify(verdict)).toBe(true);
    expect(verdict).toMatchObject({ rows: 139, deadLetters: 20 });
  });
});
