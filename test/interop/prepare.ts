/** Brings a real Spark onto this machine, once. When it cannot be had that is said, and its tests do not run. */
import { bringSpark, INTEROP_SPARK } from '../support/spark.ts';

const problem = await bringSpark(INTEROP_SPARK).then(
  () => null,
  (error: Error) => error,
);
process.stdout.write(problem ? `Spark cannot be had here: ${problem.message}\n` : 'Spark: ready\n');
