/** The producer of a stack whose PostgreSQL is not ours: in a thread, made by its first use and again after it died. */
import { SluiceError } from '../../pipeline/errors.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import { openStackThread, type StackThread } from '../embedded/thread.ts';
import type { ScenarioName } from '../producer/scenario.ts';
import type { TestKind } from '../producer/test-transaction.ts';
import type { ProducerSettings, StackEvent } from '../stack.ts';

export interface ProducerThread {
  produce(settings: ProducerSettings): Promise<void>;
  pause(): Promise<void>;
  test(kind: TestKind): Promise<string>;
  play(name: ScenarioName): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface ProducerThreadOptions {
  readonly workerFile: string;
  readonly frauddb: PostgresSettings;
  readonly onEvent: (event: StackEvent) => void;
}

export function openProducerThread({ workerFile, frauddb, onEvent }: ProducerThreadOptions): ProducerThread {
  let opened: Promise<StackThread> | null = null;
  let stopped = false;
  const warn = (message: string): void =>
    onEvent({ type: 'log', line: { at: Date.now(), source: 'producer', level: 'warn', message } });

  async function open(): Promise<StackThread> {
    const thread = openStackThread(workerFile, {
      onMessage: (message) => {
        if (message.type !== 'status') onEvent(message);
      },
      onText: warn,
    });
    void thread.ended.then((died) => {
      opened = null;
      if (died) warn(`${died.message}. It is started again when it is needed.`);
    });
    await thread.ask({ type: 'start-producer', frauddb });
    return thread;
  }

  const thread = (): Promise<StackThread> => {
    if (stopped) return Promise.reject(isStopped());
    return (opened ??= open().catch((error: unknown) => {
      opened = null;
      throw error;
    }));
  };
  return {
    produce: async (settings) => (await thread()).ask({ type: 'produce', settings }),
    pause: async () => {
      if (opened) await (await opened).ask({ type: 'pause' });
    },
    test: async (kind) => (await thread()).ask({ type: 'test', kind }),
    play: async (name) => (await thread()).ask({ type: 'play', name }),
    stop: async () => {
      stopped = true;
      const last = await opened?.catch(() => null);
      await last?.ask({ type: 'stop' }).catch(() => undefined);
      await last?.terminate();
    },
  };
}

function isStopped(): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Using the producer',
    seen: 'the stack is stopped',
    expected: 'a stack that is up',
    action: 'Start Sluice again.',
  });
}
