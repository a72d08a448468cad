/** Where the window stood last, in a small file beside Chromium's own data. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const boundsSchema = z.object({
  x: z.number().int().optional(),
  y: z.number().int().optional(),
  width: z.number().int().min(900).max(10_000),
  height: z.number().int().min(600).max(10_000),
});
export type Bounds = z.infer<typeof boundsSchema>;

const DEFAULT: Bounds = { width: 1440, height: 900 };

/** A file that is missing or makes no sense gives the usual size. */
export function readBounds(folder: string): Bounds {
  try {
    return boundsSchema.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')));
  } catch {
    return DEFAULT;
  }
}

export function writeBounds(folder: string, { x, y, width, height }: Bounds): void {
  try {
    writeFileSync(fileIn(folder), `${JSON.stringify({ x, y, width, height })}\n`);
  } catch {
    // A full disk is told by the queries; the place of the window is not worth a word.
  }
}

const fileIn = (folder: string): string => path.join(folder, 'bounds.json');
