import { describe, expect, test } from 'vitest';
import { complaint, dockerError } from '../../../src/stack/docker/failures.ts';

const refused = (text: string, code = 1) => dockerError('up', { kind: 'refused', code, text });

test('no docker is a calm sentence, and the embedded stack is offered', () => {
  const error = dockerError('ids', { kind: 'no-command', reason: 'ENOENT' });
  expect(error).toMatchObject({ code: 'DOCKER_UNAVAILABLE', seen: 'there is no docker on this machine' });
  expect(error.action).toContain('--stack embedded');
});

describe('what docker says', () => {
  test.each([
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'DOCKER_UNAVAILABLE',
      /Start Docker/,
    ],
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: dial unix: connect: permission denied',
      'DOCKER_UNAVAILABLE',
      /rootless|group docker/,
    ],
    ["docker: 'compose' is not a docker command.\nSee 'docker --help'", 'DOCKER_UNAVAILABLE', /compose plug-in/],
    ["unknown shorthand flag: 'f' in -f\n\nUsage:  docker [OPTIONS] COMMAND", 'DOCKER_UNAVAILABLE', /compose plug-in/],
    [
      'error while interpolating services.postgres.environment.POSTGRES_PASSWORD: required variable POSTGRES_PASSWORD is missing a value: is not set - run "npm run stack:init", which writes the passwords to .env',
      'SETTINGS_INVALID',
      /npm run stack:init/,
    ],
    [
      'Error response from daemon: driver failed programming external connectivity on endpoint sluice-kafka-1: Bind for 127.0.0.1:9700 failed: port is already allocated',
      'PORT_TAKEN',
      /KAFKA_PORT/,
    ],
    ['open /app.asar/docker-compose.yml: no such file or directory', 'STACK_FAILED', /SLUICE_COMPOSE_FILE/],
    ['stat /app.asar/docker-compose.yml: not a directory', 'STACK_FAILED', /SLUICE_COMPOSE_FILE/],
    ['Error response from daemon: No such image: sluice:0.1.0', 'STACK_FAILED', /docker compose build/],
    [
      ' Container sluice-postgres-1  Waiting\n Container sluice-postgres-1  Error\ndependency failed to start: container sluice-postgres-1 exited (1)',
      'STACK_FAILED',
      /sluice stack logs/,
    ],
  ])('%j is %s', (text, code, action) => {
    expect(refused(text)).toMatchObject({ code, action: expect.stringMatching(action) as string });
  });

  test('is told by the line that says most', () => {
    const text = [
      'time="2026-11-22T11:18:02Z" level=warning msg="The \\"X\\" variable is not set."',
      ' Container sluice-kafka-1  Started',
      'Error response from daemon: container sluice-kafka-1 is unhealthy',
      ' ',
    ].join('\n');
    expect(complaint(text)).toBe('container sluice-kafka-1 is unhealthy');
  });

  test('may be nothing at all', () =>
    expect(refused('', 125)).toMatchObject({ code: 'STACK_FAILED', seen: 'docker ended with code 125' }));
});

test('an engine that is silent may answer later', () =>
  expect(dockerError('inspect', { kind: 'silent', seconds: 20 })).toMatchObject({
    code: 'DOCKER_UNAVAILABLE',
    retryable: true,
  }));
