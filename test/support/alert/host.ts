/** A process that runs the Alert query in a thread under its supervisor, as the console does, and nothing else. */
import { createSupervisor } from '../../../src/console/supervisor.ts';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';

interface Order {
  readonly job: JobSettings;
  readonly workerFile: string;
}

void readOrder().then(run);

async function readOrder(): Promise<Order> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Order;
}

async function run({ job, workerFile }: Order): Promise<void> {
  const supervisor = createSupervisor({
    name: 'alert',
    workerFile,
    job: (runId) => ({ ...job, owner: { ...job.owner, runId, pid: process.pid } }),
    onChange: ({ state }) => {
      if (state === 'FAILED') process.exitCode = 1;
    },
    onWork: () => undefined,
    onLog: ({ at, level, message }) => process.stdout.write(`${JSON.stringify({ at, level, message })}\n`),
  });
  process.on('SIGTERM', () => supervisor.stop());
  supervisor.start();
  await supervisor.reached('STOPPED', 'FAILED');
  process.exit();
}
