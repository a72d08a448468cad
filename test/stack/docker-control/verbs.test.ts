import { describe, expect, test } from 'vitest';
import { wordsOf, type Verb } from '../../../src/stack/docker/verbs.ts';
import { PROJECT } from './support.ts';

const ID = 'a'.repeat(64);
const COMPOSE = 'compose --ansi never --project-name sluice --file /opt/sluice/docker-compose.yml';
const OURS = '--filter label=com.docker.compose.project=sluice';

test.each<[Verb, string]>([
  [{ do: 'version' }, 'version --format {{.Server.Version}}'],
  [{ do: 'compose-version' }, 'compose version --short'],
  [{ do: 'root' }, 'info --format {{.DockerRootDir}}'],
  [{ do: 'config' }, `${COMPOSE} config --quiet`],
  [{ do: 'ids' }, `ps --all --quiet --no-trunc ${OURS}`],
  [{ do: 'inspect', ids: [ID] }, `inspect --type container ${ID}`],
  [{ do: 'stats', ids: [ID] }, `stats --no-stream --no-trunc --format {{json .}} ${ID}`],
  [{ do: 'logs', id: ID, since: null }, `logs --follow --timestamps --tail 500 ${ID}`],
  [{ do: 'logs', id: ID, since: 1_000 }, `logs --follow --timestamps --since 1970-01-01T00:00:01.000Z ${ID}`],
  [{ do: 'up' }, `${COMPOSE} up --detach --wait --wait-timeout 900`],
  [{ do: 'start', services: ['kafka'] }, `${COMPOSE} up --detach --wait --wait-timeout 900 --no-recreate kafka`],
  [{ do: 'stop', services: ['kafka', 'minio'] }, `${COMPOSE} stop kafka minio`],
  [{ do: 'stop', services: 'all' }, `${COMPOSE} --profile * stop`],
  [{ do: 'restart', services: ['kafka'] }, `${COMPOSE} restart kafka`],
  [{ do: 'down' }, `${COMPOSE} --profile * down`],
])('%j is said as docker wants it', (verb, words) => expect(wordsOf(verb, PROJECT).join(' ')).toBe(words));

test('events are those of our containers, without the checks of health that run in them', () => {
  const words = wordsOf({ do: 'events' }, PROJECT).join(' ');
  expect(words).toMatch(new RegExp(`^events --format {{json \\.}} --filter type=container ${OURS} --filter event=`));
  expect(words).toContain('--filter event=die');
  expect(words).not.toContain('exec');
});

describe('an id that is none', () => {
  test.each(['', '--privileged', 'kafka', `${ID} && ls`, '$(ls)'])('%j never becomes a word', (id) => {
    expect(() => wordsOf({ do: 'logs', id, since: null }, PROJECT)).toThrow('is no id');
    expect(() => wordsOf({ do: 'inspect', ids: [ID, id] }, PROJECT)).toThrow('is no id');
  });
});

test('data are never removed', () => {
  const all: Verb[] = [{ do: 'down' }, { do: 'stop', services: 'all' }, { do: 'up' }];
  for (const verb of all) expect(wordsOf(verb, PROJECT).join(' ')).not.toMatch(/(^| )(-v|--volumes|--rmi)( |$)/);
});
