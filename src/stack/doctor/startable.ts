/** A server that does not answer, and that docker can start. */
import { toErrorView } from '../../pipeline/errors.ts';
import type { ComposeService } from '../stack.ts';
import { byUs, failed, type Check } from './check.ts';

/** Where docker runs the services, a check whose look fails outright offers to start the service behind it. */
export function startable(check: Check, service: ComposeService): Check {
  return {
    ...check,
    look: async (tools) => {
      try {
        return await check.look(tools);
      } catch (error) {
        if (tools.control === null) throw error;
        const { seen, expected, action } = toErrorView(error, check.title);
        const will = [`docker compose up --detach --wait ${service}`];
        return failed(seen, expected, byUs(action, `Start ${service}`, will, will[0]));
      }
    },
    repair: async (tools) => {
      // What a check can repair by itself it repairs only once the server answers.
      if (tools.control && !(await answers(check, tools))) await tools.control.start(service);
      else await check.repair?.(tools);
    },
  };
}

async function answers(check: Check, tools: Parameters<Check['look']>[0]): Promise<boolean> {
  try {
    await check.look(tools);
    return true;
  } catch {
    return false;
  }
}
