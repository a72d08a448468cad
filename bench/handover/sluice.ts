/** The Bronze query of Sluice in a process of its own: settings as JSON in a file, events as JSON lines. SIGTERM stops it cleanly. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';
import { runJob } from '../../src/pipeline/jobs.ts';

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Omit<JobSettings, 'owner'>;
const owner = { runId: randomUUID(), host: os.hostname(), pid: process.pid };
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());

try {
  await runJob({ ...job, owner }, (event) => console.log(JSON.stringify(event)), stopping.signal);
  process.exit(0);
} catch (error) {
  const { code = 'INTERNAL', message } = error as { code?: string; message: string };
  console.log(`${code}: ${message}`);
  process.exit(1);
}
