import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectConsole } from '../../src/console/control-client.ts';
import { socketPath } from '../../src/console/control-socket.ts';
import { findOwner } from '../../src/console/lock.ts';
import { homePaths } from '../../src/console/home.ts';
import { makeConsole, removeFolders, temporaryFolder, until, type TestConsole } from './support/console.ts';

let made: TestConsole;
const sockets: net.Socket[] = [];
beforeEach(async () => {
  made = makeConsole();
  await made.console.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await made.console.stop();
  removeFolders();
});

/** A raw connection: what was sent back, line by line. */
function connect(): { socket: net.Socket; lines: string[] } {
  const socket = net.connect(findOwner(homePaths(made.home).locks)!.socket);
  sockets.push(socket);
  const lines: string[] = [];
  let rest = '';
  socket.on('data', (data) => {
    const parts = (rest + String(data)).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
  });
  return { socket, lines };
}

test('only the owner may open the socket', () => {
  expect(statSync(path.join(made.home, 'control.sock')).mode & 0o777).toBe(0o600);
  expect(statSync(made.home).mode & 0o777).toBe(0o700);
});

test('another process gets the same answers', async () => {
  const script = `const net = require('node:net'); const s = net.connect(process.argv[1]); s.write('{"id":1,"command":"producer.test","args":{"kind":"normal"}}\\n'); s.on('data', (d) => { process.stdout.write(d); s.end(); });`;
  const child = spawn(process.execPath, ['-e', script, path.join(made.home, 'control.sock')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data) => (said += String(data)));
  await until(() => child.exitCode === 0);
  expect(JSON.parse(said)).toEqual({ id: 1, ok: true, value: { transNum: 'TEST_normal' } });
});

describe('bad input gets an error and stops nothing', () => {
  test.each([
    ['no JSON', 'hello', null],
    ['another shape', '[1,2]', null],
    ['a negative number', '{"id":-1,"command":"snapshot"}', null],
    ['more than is asked for', '{"id":1,"command":"snapshot","x":1}', null],
    ['an unknown command', '{"id":7,"command":"format.disk"}', 7],
    ['a name of the prototype', '{"id":8,"command":"constructor"}', 8],
    ['arguments that do not fit', '{"id":9,"command":"query.stop","args":{"query":"*"}}', 9],
    ['depth', `{"id":1,"command":"snapshot","args":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 1],
    ['bytes', '\u0000\u0001\u0002', null],
  ])('%s', async (_, text, id) => {
    const { socket, lines } = connect();
    socket.write(`${text}\n`);
    const answer = JSON.parse(await until(() => lines[0])) as unknown;
    expect(answer).toMatchObject({ id, ok: false, error: { code: 'COMMAND_INVALID' } });
    socket.write('{"id":3,"command":"snapshot"}\n');
    await until(() => lines[1]?.startsWith('{"id":3,"ok":true'));
  });

  test('a request of more than 64 KB is refused and its connection ended', async () => {
    const { socket, lines } = connect();
    socket.on('error', () => undefined);
    socket.write('x'.repeat(200_000));
    await until(() => socket.readableEnded || socket.destroyed);
    expect(JSON.parse(lines[0]!)).toMatchObject({ ok: false, error: { code: 'COMMAND_INVALID' } });
    const remote = await connectConsole(made.home);
    expect((await remote!.call('snapshot', {})).console.stack).toBe('UP');
    remote!.close();
  });

  test('a connection that is cut in the middle of a request is forgotten', async () => {
    const { socket } = connect();
    socket.write('{"id":1,"comm');
    socket.destroy();
    const remote = await connectConsole(made.home);
    await expect(remote!.call('producer.test', { kind: 'suspicious' })).resolves.toEqual({
      transNum: 'TEST_suspicious',
    });
    remote!.close();
  });
});

test('requests on one connection are told apart by their numbers', async () => {
  const remote = (await connectConsole(made.home))!;
  const answers = await Promise.all([
    remote.call('producer.test', { kind: 'normal' }),
    remote.call('logs.read', { limit: 1 }),
    remote.call('query.stop', { query: 'nobody' as 'all' }).catch((error: Error) => error),
  ]);
  expect(answers[0]).toEqual({ transNum: 'TEST_normal' });
  expect(answers[1]).toHaveProperty('last');
  expect(answers[2]).toMatchObject({ code: 'COMMAND_INVALID' });
  remote.close();
});

test('when the console stops, its clients are told, and nobody answers any more', async () => {
  const remote = (await connectConsole(made.home))!;
  await made.console.stop();
  await remote.closed;
  await expect(remote.call('snapshot', {})).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
  expect(await connectConsole(made.home)).toBeNull();
});

describe('where it listens', () => {
  test.each([
    ['in the folder', '/home/ada/.local/share/sluice', {}, '/home/ada/.local/share/sluice/control.sock'],
    [
      'near, when that is too long',
      `/${'x'.repeat(120)}`,
      { XDG_RUNTIME_DIR: '/run/user/7' },
      /^\/run\/user\/7\/sluice-[0-9a-f]{12}\.sock$/,
    ],
    [
      'in the temporary folder else',
      `/${'x'.repeat(120)}`,
      {},
      new RegExp(`^${os.tmpdir()}/sluice-\\d+/sluice-[0-9a-f]{12}\\.sock$`),
    ],
  ])('%s', (_, home, env, expected) => expect(socketPath(home, env)).toMatch(expected));

  test('a console with a long path can be reached all the same', async () => {
    const long = makeConsole({ home: path.join(temporaryFolder(), 'y'.repeat(110)) });
    await long.console.start();
    const remote = await connectConsole(long.home);
    expect((await remote!.call('snapshot', {})).console.home).toBe(long.home);
    remote!.close();
    await long.console.stop();
  });
});
