import { expect, it } from 'vitest';
import { PLAIN_KAFKA } from '../../../src/pipeline/source/kafka-settings.ts';
import { Answers, openSocket } from '../../../src/pipeline/source/kafka-socket.ts';

const answer = (size: number, fill: number): Buffer => {
  const bytes = Buffer.alloc(4 + size, fill);
  bytes.writeInt32BE(size);
  return bytes;
};

/** What comes out when the bytes come in pieces of so many, each overwritten once it was taken. */
function pass(bytes: Buffer, piece: number): Buffer[] {
  const out: Buffer[] = [];
  const answers = new Answers((each) => out.push(each));
  for (let at = 0; at < bytes.length; at += piece) {
    const part = Buffer.from(bytes.subarray(at, at + piece));
    answers.take(part);
    part.fill(0xee);
  }
  return out;
}

it.each([1, 2, 3, 4, 5, 7, 64, 1_000, 10_000])('puts answers together that come in pieces of %i bytes', (piece) => {
  const sent = [answer(1, 1), answer(300, 2), answer(5, 3), answer(4_000, 4), answer(60, 5)];
  expect(pass(Buffer.concat(sent), piece)).toEqual(sent);
});

it('hands on what is no answer as it is', () => {
  const text = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0]);
  expect(Buffer.concat(pass(text, 3))).toEqual(text);
});

it('keeps what has not come whole yet', () => {
  expect(pass(answer(10, 1).subarray(0, 13), 5)).toEqual([]);
});

it('a socket that is closed waits no more to be connected, however often the client lets go of it', async () => {
  const nobody = { ...PLAIN_KAFKA, brokers: ['127.0.0.1:1'], topic: 'cdc' };
  const socket = openSocket(
    nobody,
    '127.0.0.1',
    1,
    () => undefined,
    () => undefined,
  );
  await new Promise((resolve) => socket.once('error', resolve));
  const before = socket.listenerCount('connect');
  for (let time = 0; time < 20; time += 1) socket.unref();
  expect(socket.listenerCount('connect')).toBe(before);
});
