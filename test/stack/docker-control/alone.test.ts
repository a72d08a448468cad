/** The docker stack where it cannot be had, and on a docker command that is only a program of ours. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sluice } from '../servers/cli.ts';
import { makeFakeDocker, type FakeDocker } from './support.ts';

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let docker: FakeDocker;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-no-docker-'));
  docker = makeFakeDocker();
});
afterEach(() => {
  docker.remove();
  rmSync(folder, { recursive: true, force: true });
});

const run = (env: Record<string, string>) =>
  sluice('run --headless --stack docker', { SLUICE_HOME: path.join(folder, 'home'), ...env }, folder).ended;

test('no docker ends the start with one calm sentence, and offers the embedded stack', async () => {
  const { code, out, err } = await run({ PATH: folder, POSTGRES_PASSWORD: 'x', MINIO_ROOT_PASSWORD: 'y' });
  expect(code).toBe(3);
  expect(err).toContain('there is no docker on this machine');
  expect(err).toContain('--stack embedded');
  expect(out + err).not.toMatch(/^\s+at /m);
});

test('no passwords end it before docker is asked, and say what writes them', async () => {
  const { code, err } = await run({ PATH: path.dirname(docker.command), ...docker.env });
  expect(code).toBe(2);
  expect(err).toContain('POSTGRES_PASSWORD and MINIO_ROOT_PASSWORD not set');
  expect(err).toContain('npm run stack:init');
  expect(docker.calls()).toEqual([]);
});

test('a service that does not come up is named, and nothing is started beside it', async () => {
  docker.fail({ up: 'dependency failed to start: container sluice-kafka-1 is unhealthy' });
  const searched = `${path.dirname(docker.command)}:${process.env['PATH'] ?? ''}`;
  const { code, err } = await run({ ...docker.env, PATH: searched, POSTGRES_PASSWORD: 'x', MINIO_ROOT_PASSWORD: 'y' });
  expect(code).toBe(3);
  expect(err).toContain('container sluice-kafka-1 is unhealthy');
  expect(docker.calls().filter((call) => call.includes(' up '))).toHaveLength(1);
});

test('without a console the services are looked at and commanded all the same', async () => {
  const searched = `${path.dirname(docker.command)}:${process.env['PATH'] ?? ''}`;
  const env = { ...docker.env, PATH: searched, SLUICE_HOME: path.join(folder, 'home'), SLUICE_STACK: 'docker' };
  const command = (line: string) => sluice(line, env, folder).ended;
  docker.running();
  const status = await command('stack');
  expect(status.out).toContain('Stack docker, 6 of 6 services are well');
  expect(status.out).toMatch(/Kafka +OK +127\.0\.0\.1:9700 {2}healthy/);
  const stopped = await command('stack stop kafka --json');
  expect(stopped.code).toBe(0);
  const { services } = JSON.parse(stopped.out) as { services: { name: string; state: string }[] };
  expect(services.find(({ name }) => name === 'kafka')).toMatchObject({ state: 'STOPPED' });
  expect(stopped.err).toBe('Stopping Kafka\n');
  docker.write('log.txt', '2026-11-22T11:18:01.000000000Z one\n');
  expect((await command('stack logs kafka -n 5')).out).toBe('2026-11-22 11:18:01.000 one\n');
});

test('without a console the other stacks are not commanded', async () => {
  const { code, err } = await sluice('stack stop', { SLUICE_HOME: path.join(folder, 'home') }, folder).ended;
  expect(code).toBe(3);
  expect(err).toContain('No console runs on');
});
