/** A console over a stack that is only an object, and over the fixture worker. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createApplication } from '../../../src/console/application.ts';
import type { ApplicationOptions, Console } from '../../../src/console/console-types.ts';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { localFolder } from '../../../src/pipeline/store/location.ts';
import type { ScenarioName } from '../../../src/stack/producer/scenario.ts';
import type { Endpoints, Stack, StackControl, StackEvent } from '../../../src/stack/stack.ts';

export const workerFile = path.join(import.meta.dirname, 'worker.ts');

export const endpoints = (topic: string, preview: string | null = 'http://127.0.0.1:3'): Endpoints => {
  const postgres = { host: '127.0.0.1', port: 1, user: 'u', password: 'hush-hush-hush', database: 'd' };
  return {
    source: { kind: 'embedded', postgres, topic },
    serving: postgres,
    fraudApiUrl: 'http://127.0.0.1:2',
    slackPreviewUrl: preview,
    lakehouse: {
      table: localFolder('/table'),
      checkpoint: { bronze: localFolder('/checkpoint'), alert: localFolder('/checkpoint') },
      quarantine: { bronze: localFolder('/quarantine'), alert: localFolder('/quarantine') },
    },
  };
};

export function jobFor(topic: string, query: 'bronze' | 'alert' = 'bronze'): JobSettings {
  const at = endpoints(topic);
  return {
    query,
    checkpoint: localFolder('/checkpoint'),
    table: localFolder('/table'),
    quarantine: localFolder('/quarantine'),
    source: at.source,
    startingOffsets: 'earliest',
    runs: 'until-stopped',
    triggerMs: 0,
    maxOffsetsPerTrigger: null,
    failOnDataLoss: true,
    alert: {
      serving: at.serving,
      servingDatabase: 'captured',
      fraudApiUrl: at.fraudApiUrl,
      slack: { kind: 'off', reason: 'test' },
      suppressOlderThanMs: null,
      delivery: { onAmbiguous: 'resend', joinCardMs: 0, stormPerMinute: null, quietHours: null, linkBase: null },
    },
    owner: { runId: 'run', host: 'here', pid: 1 },
  };
}

/** Records what was asked of it, in order. */
export class FakeStack implements Stack {
  readonly servers = null;
  control: StackControl | null = null;
  readonly calls: string[] = [];
  topic = 'well';
  preview: string | null = 'http://127.0.0.1:3';
  failure: Error | null = null;
  onEvent: (event: StackEvent) => void = () => undefined;

  async start(): Promise<Endpoints> {
    this.calls.push('start');
    if (this.failure) throw this.failure;
    return endpoints(this.topic, this.preview);
  }
  async startProducer(): Promise<void> {
    this.calls.push('produce');
  }
  async pauseProducer(): Promise<void> {
    this.calls.push('pause');
  }
  async sendTestTransaction(kind: 'normal' | 'suspicious'): Promise<string> {
    this.calls.push(`test ${kind}`);
    return `TEST_${kind}`;
  }
  async playScenario(name: ScenarioName): Promise<readonly string[]> {
    this.calls.push(`play ${name}`);
    return [`${name} 1`, `${name} 2`];
  }
  async stop(): Promise<void> {
    this.calls.push('stop');
  }
}

export interface TestConsole {
  readonly console: Console;
  readonly stack: FakeStack;
  readonly home: string;
}

export function makeConsole(options: Partial<ApplicationOptions> & { topic?: string } = {}): TestConsole {
  const home = options.home ?? temporaryFolder();
  const stack = new FakeStack();
  stack.topic = options.topic ?? 'well';
  const fixed = { home, version: '0.0.0', runtime: 'test', fallback: false, workerFile, env: {}, cwd: home };
  const console = createApplication({ ...fixed, ...options }, (onEvent) => {
    stack.onEvent = onEvent;
    return stack;
  });
  return { console, stack, home };
}

const folders: string[] = [];
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-console-'));
  folders.push(folder);
  return folder;
}
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Resolves once `test` answers something; fails with the test's own time limit. */
export async function until<T>(
  test: () => T | null | undefined | false | Promise<T | null | undefined | false>,
): Promise<T> {
  for (;;) {
    const value = await test();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
