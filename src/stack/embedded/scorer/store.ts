/** The models that answer now. A file that is no model never replaces a good one. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseModel } from './model-file.ts';
import { makeScorer, type Scorer } from './trees.ts';

export type Shape = Scorer['model']['shape'];
export type Scorers = Readonly<Partial<Record<Shape, Scorer>>>;

/** The order in which models are told. */
export const SHAPES: readonly Shape[] = ['stateless', 'history'];

export interface ModelStore {
  scorers(): Scorers;
  /** Reads the files again; one sentence for each that is no model of its shape, whose scorer then stays as it was. */
  load(): Promise<readonly string[]>;
}

/** `folders`: each model is taken from the first of them that has its file, `stateless.json` or `history.json`. */
export function openModelStore(folders: readonly string[]): ModelStore {
  let scorers: Scorers = {};
  return {
    scorers: () => scorers,
    load: async () => {
      const read = await Promise.all(SHAPES.map((shape) => readScorer(folders, shape)));
      const good = read.filter((each): each is Scorer => typeof each !== 'string');
      scorers = { ...scorers, ...Object.fromEntries(good.map((scorer) => [scorer.model.shape, scorer])) };
      return read.filter((each): each is string => typeof each === 'string');
    },
  };
}

/** The scorer, or why there is none. */
async function readScorer(folders: readonly string[], shape: Shape): Promise<Scorer | string> {
  const name = `${shape}.json`;
  try {
    const model = parseModel(JSON.parse(await readFirst(folders, name)));
    return model.shape === shape
      ? makeScorer(model)
      : `${name}: expected a model of shape ${shape}, got ${model.shape}`;
  } catch (error) {
    return `${name}: ${reasonOf(error)}`;
  }
}

async function readFirst(folders: readonly string[], name: string): Promise<string> {
  for (const folder of folders.slice(0, -1)) {
    const text = await readFile(path.join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null) return text;
  }
  return readFile(path.join(folders.at(-1) ?? '', name), 'utf8');
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return issue ? `${issue.path.join('.') || 'the file'}: ${issue.message}` : 'it has another shape';
  }
  if (error instanceof SyntaxError) return 'it is no JSON';
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
