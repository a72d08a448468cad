/** What is done to a service. All resolve once it is up again and healthy. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningFlow } from '../../test/stack/docker/with-flow.ts';

export const SERVICES = ['kafka', 'debezium-connect', 'minio', 'postgres', 'fraud-api'] as const;
export type Service = (typeof SERVICES)[number];
/** `stop`: its own stop signal, ten seconds away, started again. `kill`: -9, and docker starts it again. `freeze`: 60 s. */
export const FAULTS = ['stop', 'kill', 'freeze'] as const;
export type Fault = (typeof FAULTS)[number];

const AWAY_MS = 10_000;
const FROZEN_MS = 60_000;
const LOOK_MS = 250;
const PATIENCE_MS = 180_000;

export async function inflict({ engine, stack }: RunningFlow, service: Service, fault: Fault): Promise<void> {
  const id = await stack.container(service);
  switch (fault) {
    case 'stop':
      await stack.compose(['stop', service]);
      await sleep(AWAY_MS);
      await stack.compose(['start', service]);
      break;
    case 'kill': {
      // From outside, as the kernel does it when memory runs out: what is told to docker would not be started again.
      const [before = '', pid = ''] = (await state(engine, id)).split(' ');
      process.kill(Number(pid), 'SIGKILL');
      await until(async () => !(await state(engine, id)).startsWith(`${before} `));
      break;
    }
    case 'freeze':
      await engine.docker(['pause', id]);
      await sleep(FROZEN_MS);
      await engine.docker(['unpause', id]);
      break;
  }
  await until(async () => (await stack.states())[service] === 'healthy');
}

/** When the container was started last, and its process. */
function state(engine: RunningFlow['engine'], id: string): Promise<string> {
  return engine.docker(['inspect', '-f', '{{.State.StartedAt}} {{.State.Pid}}', id]);
}

export async function until(test: () => Promise<boolean>, patienceMs = PATIENCE_MS): Promise<boolean> {
  const late = Date.now() + patienceMs;
  while (Date.now() < late) {
    if (await test().catch(() => false)) return true;
    await sleep(LOOK_MS);
  }
  return false;
}
