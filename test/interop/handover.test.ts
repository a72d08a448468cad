/** Bronze goes from Sluice to a real Spark and back under load. `npm run bench -- handover` does it ten times, with kills. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSound, runRounds } from '../../bench/handover/rounds.ts';
import { kafkaObstacle, startKafka, type KafkaServer } from '../stack/servers/kafka.ts';
import { notRun } from '../stack/servers/not-run.ts';
import { bringSpark, forSmallTables, INTEROP_SPARK, sparkObstacle } from '../support/spark.ts';

const obstacle = notRun('Spark', kafkaObstacle() ?? sparkObstacle(INTEROP_SPARK));

describe.skipIf(obstacle)('Bronze between Sluice and Spark', () => {
  let kafka: KafkaServer;
  let root: string;

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'sluice-handover-'));
    kafka = await startKafka();
  });

  afterAll(async () => {
    await kafka?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  it('loses nothing, doubles nothing, and leaves no batch open', async () => {
    const results = path.resolve(import.meta.dirname, '..', '..', 'test-results');
    mkdirSync(results, { recursive: true });
    const open: boolean[] = [];
    const verdict = await runRounds({
      root,
      sparks: [forSmallTables(await bringSpark(INTEROP_SPARK))],
      kafka,
      changes: 2,
      rate: 200,
      seed: 1,
      log: path.join(results, 'interop-handover.log'),
      onTurn: (turn) => void (turn.ended === 'stopped' && open.push(turn.open)),
    });
    expect(verdict).toMatchObject({ lost: 0, doubled: 0, unlikeUninterrupted: 0, notRefused: 0, triedBeside: 2 });
    expect(isSound(verdict)).toBe(true);
    expect(open).toEqual([false, false]);
  }, 300_000);
});
