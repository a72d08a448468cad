import { parentPort } from 'node:worker_threads';
import { exercises } from './exercises.ts';

/** What each library did: its finding, or the error that it met. */
async function report() {
  const findings: Record<string, unknown> = {};
  for (const [name, exercise] of Object.entries(exercises)) {
    findings[name] = await exercise().catch((error: unknown) => `failed: ${(error as Error).stack}`);
  }
  return findings;
}

void report().then((findings) => parentPort?.postMessage(findings));
