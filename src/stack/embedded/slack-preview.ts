/** The receiver on loopback that stands in for Slack: it takes what a webhook takes, stores it and answers `ok`. */
import { z } from 'zod';
import type { Sql } from '../../pipeline/sql.ts';
import { listenLocally, type Answer, type LocalServer } from './http-server.ts';

export interface SlackPreview extends LocalServer {
  /** Where messages go: with a path that only this stack knows. */
  readonly webhookUrl: string;
  /** Messages stored since the start. */
  received(): number;
}

const MAX_BLOCKS = 50;
const Message = z
  .looseObject({
    text: z.string().min(1).max(40_000).optional(),
    blocks: z
      .array(z.looseObject({ type: z.string() }))
      .max(MAX_BLOCKS)
      .optional(),
  })
  .refine(({ text, blocks }) => text !== undefined || (blocks !== undefined && blocks.length > 0));

/** Starts to listen on 127.0.0.1. The token stays the same when the receiver is started again, so its URL stays valid. */
export async function startSlackPreview(port: number, token: string, frauddb: Sql): Promise<SlackPreview> {
  let received = 0;
  const path = `/services/preview/${token}`;
  const receive = async (body: string): Promise<Answer> => {
    const message = parseMessage(body);
    if (typeof message === 'string') return { status: 400, body: message };
    await frauddb.query('INSERT INTO sluice.preview_messages (body) VALUES ($1::jsonb)', [JSON.stringify(message)]);
    received += 1;
    return { status: 200, body: 'ok' };
  };
  const server = await listenLocally('the Slack preview', port, { [`POST ${path}`]: receive });
  return { ...server, webhookUrl: server.url + path, received: () => received };
}

/** The message, or Slack's own word for what is wrong with it. */
function parseMessage(body: string): z.infer<typeof Message> | string {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return 'invalid_payload';
  }
  const result = Message.safeParse(json);
  if (result.success) return result.data;
  return result.error.issues.some(({ code }) => code === 'custom') ? 'no_text' : 'invalid_payload';
}
