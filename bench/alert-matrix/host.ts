/** A process that runs the Alert query in a thread under its supervisor, as the console does, and nothing else. */
import { createSupervisor } from '../../src/console/supervisor.ts';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { job, workerFile } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
  job: JobSettings;
  workerFile: string;
};

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
