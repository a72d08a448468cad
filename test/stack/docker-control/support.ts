/** A docker command that is only a program of ours, with a folder for what it remembers. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openDockerCli, type DockerCli } from '../../../src/stack/docker/cli.ts';
import { COMPOSE_SERVICES } from '../../../src/stack/stack.ts';

export interface FakeDocker {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cli: DockerCli;
  /** How it was called so far, one call an element, without the words that every compose call has. */
  calls(): string[];
  /** Verb -> what it complains about. */
  fail(failures: Readonly<Record<string, string>>): void;
  set(change: object): void;
  /** As if all services had been brought up. */
  running(): void;
  /** The followers that were ended, by their verb. */
  ended(): string[];
  write(name: string, text: string): void;
  remove(): void;
}

export const PROJECT = { name: 'sluice', composeFile: '/opt/sluice/docker-compose.yml' };
const PREFIX = 'compose --ansi never --project-name sluice --file /opt/sluice/docker-compose.yml ';

export function makeFakeDocker(): FakeDocker {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-fake-docker-'));
  const command = path.join(folder, 'docker');
  const program = path.join(import.meta.dirname, 'fake-docker.ts');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(command, 0o755);
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  const state = path.join(folder, 'state.json');
  const set = (change: object): void =>
    write('state.json', JSON.stringify({ ...(JSON.parse(readFileSync(state, 'utf8')) as object), ...change }));
  write('state.json', JSON.stringify({ services: COMPOSE_SERVICES, containers: [] }));
  write('calls.jsonl', '');
  write('events.jsonl', '');
  write('log.txt', '');
  write('ended.txt', '');
  const env = { FAKE_DOCKER: folder, PATH: process.env['PATH'] ?? '' };
  return {
    command,
    env,
    cli: openDockerCli({ project: PROJECT, env, command }),
    calls: () =>
      readFileSync(path.join(folder, 'calls.jsonl'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as string[]).join(' ').replace(PREFIX, 'compose ')),
    fail: (fail) => set({ fail }),
    set,
    running: () =>
      set({
        containers: COMPOSE_SERVICES.map((service, index) => ({
          id: String(index + 1).repeat(64),
          service,
          status: 'running',
          health: 'healthy',
          exitCode: 0,
        })),
      }),
    ended: () => readFileSync(path.join(folder, 'ended.txt'), 'utf8').split('\n').filter(Boolean),
    write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Resolves once `test` answers something; fails with the test's own time limit. */
export async function until<T>(test: () => T | null | undefined | false): Promise<T> {
  for (;;) {
    const value = test();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
