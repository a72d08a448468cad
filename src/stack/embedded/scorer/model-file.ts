/** The model file of `model/`: flat trees as JSON. Read once, checked once, then trusted. */
import { z } from 'zod';

/** A forest that can be walked: parents before children, a split's left child right after it, every way ends in a leaf. */
export interface Model {
  readonly version: string;
  /** What it wants to know: one transaction, or the past of its card too. */
  readonly shape: 'stateless' | 'history';
  /** Date of the training, `2026-01-15`. */
  readonly trained: string;
  /** A row is called fraud from this probability on. */
  readonly cut: number;
  /** Names of the inputs, in the order in which `values` are given. */
  readonly features: readonly string[];
  readonly categories: readonly string[];
  readonly roots: Int32Array;
  /** Index of the input a node asks for; -1 in a leaf. */
  readonly feature: Int32Array;
  /** Threshold of a split (`value <= number` goes left), log-odds of a leaf. */
  readonly number: Float64Array;
  readonly right: Int32Array;
  /** Training rows that reached the node. */
  readonly cover: Float64Array;
}

/** The walk in trees.ts has room for no more. */
const MOST_FEATURES = 16;

const Index = z.int().min(-1);
const ModelFile = z
  .strictObject({
    model_version: z
      .string()
      .min(1)
      .max(50)
      .regex(/^(?!rule_based)/),
    format: z.literal('sluice-trees/1'),
    shape: z.enum(['stateless', 'history']),
    trained: z.string(),
    features: z.array(z.string()).min(1).max(MOST_FEATURES),
    categories: z.array(z.string()),
    cut: z.number().gt(0).lt(1),
    roots: z.array(Index).min(1),
    feature: z.array(Index),
    number: z.array(z.number()),
    right: z.array(Index),
    cover: z.array(z.int().positive()),
  })
  .superRefine((file, context) => {
    const problem = problemOf(file);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });

/** Throws a ZodError that names the member which is not as a scorer needs it. */
export function parseModel(json: unknown): Model {
  const file = ModelFile.parse(json);
  return {
    version: file.model_version,
    shape: file.shape,
    trained: file.trained,
    cut: file.cut,
    features: file.features,
    categories: file.categories,
    roots: Int32Array.from(file.roots),
    feature: Int32Array.from(file.feature),
    number: Float64Array.from(file.number),
    right: Int32Array.from(file.right),
    cover: Float64Array.from(file.cover),
  };
}

interface Links {
  readonly features: readonly string[];
  readonly roots: readonly number[];
  readonly feature: readonly number[];
  readonly number: readonly number[];
  readonly right: readonly number[];
  readonly cover: readonly number[];
}

/** Links lead forward inside their own tree, or a walk would not end. */
function problemOf(file: Links): string | null {
  const size = file.feature.length;
  if ([file.number, file.right, file.cover].some((list) => list.length !== size)) return 'expected lists of one length';
  const ends = [...file.roots.slice(1), size];
  if (file.roots[0] !== 0 || file.roots.some((root, tree) => root >= (ends[tree] ?? 0))) {
    return 'expected roots in rising order from 0';
  }
  const problems = file.roots.map((root, tree) => problemOfTree(file, root, ends[tree] ?? 0));
  return problems.find((problem) => problem !== null) ?? null;
}

function problemOfTree(file: Links, start: number, end: number): string | null {
  for (let node = start; node < end; node++) {
    const feature = file.feature[node] ?? -1;
    const right = file.right[node] ?? 0;
    if (feature >= file.features.length) return `node ${node}: there is no input ${feature}`;
    if (feature >= 0 && !(node + 1 < right && right < end))
      return `node ${node}: its right child lies outside its tree`;
  }
  return null;
}
