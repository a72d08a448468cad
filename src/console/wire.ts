/** What goes over the control socket: one JSON object a line. Faces that are other processes speak it. */
import { z } from 'zod';
import type { ErrorView } from '../pipeline/errors.ts';
import type { ConsoleEvent } from './contract.ts';

/** `command` is a name of the contract, or `subscribe` for a stream of events until the connection ends. */
export const requestSchema = z.strictObject({
  id: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  command: z.string().max(60),
  args: z.unknown().optional(),
});
export type Request = z.infer<typeof requestSchema>;

/** `id` is null when the request could not be read. */
export type WireMessage =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number | null; readonly ok: false; readonly error: ErrorView }
  | { readonly event: ConsoleEvent };

export const MAX_REQUEST_BYTES = 64 * 1024;
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Cuts a stream into lines. Throws when a line exceeds `maxBytes`. */
export function createLineReader(maxBytes: number, onLine: (line: string) => void): (chunk: Buffer) => void {
  let kept: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    let rest = chunk;
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      if (size + at > maxBytes) throw new RangeError(`a line is longer than ${maxBytes} bytes`);
      const line = Buffer.concat([...kept, rest.subarray(0, at)]).toString('utf8');
      [kept, size, rest] = [[], 0, rest.subarray(at + 1)];
      if (line.trim() !== '') onLine(line);
    }
    size += rest.length;
    if (size > maxBytes) throw new RangeError(`a line is longer than ${maxBytes} bytes`);
    if (rest.length > 0) kept.push(rest);
  };
}
