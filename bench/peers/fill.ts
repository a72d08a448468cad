/** The generated messages in a topic of a real broker, spread over its partitions. */
import { messageFile, readMessages } from '../support/message-file.ts';
import type { Filler } from '../../test/stack/servers/topics.ts';

export const PARTITIONS = 3;
/** Messages of one request to the broker. */
const REQUEST = 3_000;

/** Answers the topic. Not compressed, as Debezium sends unless it is told otherwise. */
export async function fillTopic({ create, producer }: Filler, rows: number, days: number): Promise<string> {
  const topic = await create(PARTITIONS);
  let waiting: { partition: number; key: null; value: Buffer }[] = [];
  const send = async (): Promise<void> => {
    await producer.send({ topic, messages: waiting });
    waiting = [];
  };
  for (const block of readMessages(messageFile(rows, { days, sorted: false }))) {
    for (const { offset, value } of block) {
      waiting.push({ partition: Number(offset) % PARTITIONS, key: null, value: value as Buffer });
      if (waiting.length >= REQUEST) await send();
    }
  }
  if (waiting.length > 0) await send();
  return topic;
}
