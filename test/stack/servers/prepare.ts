/** Brings the real servers of the tests onto this machine, once. What cannot be had is said, and its tests do not run. */
import { prepareConnect } from './connect.ts';
import { prepareFraudService } from './fraud-service.ts';
import { prepareKafka } from './kafka-jars.ts';
import { prepareS3 } from './s3.ts';

const SERVERS: Record<string, () => Promise<void>> = {
  Kafka: prepareKafka,
  'Kafka Connect with Debezium': prepareConnect,
  minio: () => prepareS3('minio'),
  'the fraud API': prepareFraudService,
  versitygw: () => prepareS3('versitygw'),
};

for (const [name, prepare] of Object.entries(SERVERS)) {
  process.stdout.write(`${name}: `);
  const problem = await prepare().catch((error: Error) => error);
  process.stdout.write(problem ? `cannot be had here: ${problem.message}\n` : 'ready\n');
}
