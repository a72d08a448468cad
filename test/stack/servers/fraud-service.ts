/** The fraud API as the docker stack runs it: FastAPI, in a Python environment that is made once and kept. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CACHE, freePort, runTool, startProgram } from './program.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PYTHON = path.join(CACHE, 'venv-model', 'bin', 'python');

/** Why it cannot run here, or null. */
export const fraudServiceObstacle = (): string | null =>
  existsSync(PYTHON) ? null : `there is no ${PYTHON}; \`bash model/setup.sh\` makes it`;

export const prepareFraudService = (): Promise<void> => runTool('bash', [path.join(ROOT, 'model', 'setup.sh')]);

export interface FraudService {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startFraudService(): Promise<FraudService> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-fraud-api-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await startProgram({
    command: PYTHON,
    args: ['-m', 'fraud_api'],
    env: {
      FRAUD_API_PORT: String(port),
      FRAUD_API_MODELS: path.join(ROOT, 'model', 'artifacts'),
      PYTHONPATH: path.join(ROOT, 'services', 'fraud-api'),
      PYTHONDONTWRITEBYTECODE: '1',
      OMP_NUM_THREADS: '1',
    },
    log: path.join(folder, 'fraud-api.log'),
    isReady: async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  return {
    url,
    stop: async () => {
      await program.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
