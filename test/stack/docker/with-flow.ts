/** A compose stack with the profile `headless` and a receiver of alerts, for as long as some work takes. */
import { openComposeStack, type ComposeStack } from './compose.ts';
import { startEngine, type Engine } from './engine.ts';
import { FLOW_ENV, openFlow, SLACK_FILE, type Flow } from './flow.ts';
import { buildOwnImages } from './images.ts';

export interface RunningFlow {
  readonly engine: Engine;
  readonly stack: ComposeStack;
  readonly flow: Flow;
  readonly upSeconds: number;
}

/** @param dotenv more lines for `.env` */
export async function withFlow(
  dotenv: Readonly<Record<string, string>>,
  work: (running: RunningFlow) => Promise<void>,
): Promise<void> {
  const engine = await startEngine();
  try {
    await buildOwnImages(engine);
    const stack = await openComposeStack(engine, { ...FLOW_ENV, ...dotenv }, [SLACK_FILE]);
    const flow = openFlow(engine, stack);
    try {
      const upSeconds = await stack.up(['headless']);
      await work({ engine, stack, flow, upSeconds });
    } finally {
      await flow.close();
      await stack.down();
    }
  } finally {
    await engine.stop();
  }
}
