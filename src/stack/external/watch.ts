/** Looks at the servers again and again, and tells when one of them looks different. */
import { SluiceError, toErrorView } from '../../pipeline/errors.ts';
import type { LogLevel } from '../../pipeline/events.ts';
import type { ServiceState, ServiceView } from '../stack.ts';
import type { Probe } from './probes.ts';

export interface WatchOptions {
  readonly probes: readonly Probe[];
  readonly onChange: (services: readonly ServiceView[]) => void;
  readonly log: (level: LogLevel, message: string) => void;
  /** Between two looks, ms. */
  readonly everyMs?: number;
  /** How long one look may take, ms. */
  readonly patienceMs?: number;
}

export interface Watch {
  /** One look at each, in their order; throws for the first of `needed` that does not answer. Then goes on by itself. */
  start(needed: readonly ServiceView['name'][]): Promise<void>;
  stop(): Promise<void>;
  services(): readonly ServiceView[];
  /** Looks at all of them now. Never rejects. */
  look(): Promise<void>;
}

const EVERY_MS = 5_000;
const PATIENCE_MS = 12_000;
export const OUTSIDE = 'It runs outside of Sluice: start and stop it where it runs.';

export function createWatch(options: WatchOptions): Watch {
  const { probes, onChange, log, everyMs = EVERY_MS, patienceMs = PATIENCE_MS } = options;
  const views = new Map(probes.map((probe) => [probe.name, viewOf(probe, 'STOPPED', 'not asked yet')]));
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<unknown> = Promise.resolve();
  let stopped = false;
  let told = '';

  const services = (): ServiceView[] => [...views.values()];

  function show(view: ServiceView): void {
    views.set(view.name, view);
    const text = JSON.stringify(services());
    if (text === told || stopped) return;
    told = text;
    onChange(services());
  }

  /** Null when it answers. */
  async function ask(probe: Probe): Promise<unknown> {
    const before = views.get(probe.name)?.state;
    try {
      const { state, detail } = await inTime(probe, patienceMs);
      if (before === 'FAILED') log('info', `${probe.title} answers again`);
      show(viewOf(probe, state, detail));
      return null;
    } catch (error) {
      const { seen } = toErrorView(error);
      if (before !== 'FAILED') log('warn', `${probe.title} at ${probe.address}: ${seen}`);
      show(viewOf(probe, 'FAILED', seen));
      return error;
    }
  }

  const lookAtAll = (): Promise<unknown> => (looking = looking.then(() => Promise.all(probes.map(ask))));

  function goOn(): void {
    timer = setTimeout(() => {
      void lookAtAll().then(() => {
        if (!stopped) goOn();
      });
    }, everyMs);
  }

  return {
    services,
    look: async () => void (await lookAtAll()),
    start: async (needed) => {
      for (const probe of probes) {
        show(viewOf(probe, 'STARTING', `asking ${probe.address}`));
        const error = await ask(probe);
        if (error !== null && needed.includes(probe.name)) throw unreachable(probe, error);
      }
      if (!stopped) goOn();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await Promise.all(probes.map((probe) => probe.close().catch(() => undefined)));
    },
  };
}

function viewOf({ name, title, address }: Probe, state: ServiceState, detail: string): ServiceView {
  return { name, title, state, detail, pid: null, address, verbs: [], locked: OUTSIDE };
}

async function inTime(probe: Probe, ms: number) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(probe, ms)), ms);
  });
  try {
    return await Promise.race([probe.look(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate({ title }: Probe, ms: number): SluiceError {
  return new SluiceError('STACK_FAILED', {
    tried: `Testing ${title}`,
    seen: `no answer within ${ms / 1_000} s`,
    expected: 'an answer',
    action: 'Look at the server.',
    retryable: true,
  });
}

/** Which service it is, what it said, and which settings say where it is. */
export function unreachable(probe: Pick<Probe, 'title' | 'address' | 'settings'>, error: unknown): SluiceError {
  const { seen, expected } = toErrorView(error);
  return new SluiceError('STACK_FAILED', {
    tried: `Testing ${probe.title} at ${probe.address}`,
    seen,
    expected,
    action: `Start it, or correct ${probe.settings}; then start again.`,
    cause: error,
  });
}
