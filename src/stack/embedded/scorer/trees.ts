/** What a forest says about one row, and why. Pure; the same numbers as the scorer of `services/fraud-api`. */
import type { Model } from './model-file.ts';

export interface Scorer {
  readonly model: Model;
  /** Log-odds before anything is known: the mean over the training rows. */
  readonly baseValue: number;
  /**
   * 0 to 1, not rounded. `values` are in the order of `model.features`. Of an input that is not known (NaN) the mean over
   * the training rows is taken, by its share at each split.
   */
  probability(values: Float64Array): number;
  /**
   * TreeSHAP: log-odds that each input added. With the base value they give the log-odds of the probability. An input that is
   * not known adds nothing.
   */
  contributions(values: Float64Array): Float64Array;
}

/** Leaf i owns the slots from `first[i]` to `first[i + 1]`: one for each input that is asked on the way to it. */
interface Leaves {
  readonly value: Float64Array;
  readonly first: Int32Array;
  readonly feature: Int32Array;
  /** A row agrees with a slot when `low < value <= high`. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The part of the training rows that agreed. */
  readonly share: Float64Array;
}

/** The input of a node in a step. Not imported: a constant of another module costs a look-up at every use. */
const FEATURE_BITS = 4;
const FEATURE_MASK = 2 ** FEATURE_BITS - 1;

type Way = ReadonlyMap<number, { readonly low: number; readonly high: number; readonly share: number }>;

export function makeScorer(model: Model): Scorer {
  const leaves = leavesOf(model);
  const steps = stepsOf(model);
  const points = Array.from({ length: model.features.length + 1 }, (_, slots) => gaussLegendre(Math.ceil(slots / 2)));
  const baseValue = baseValueOf(leaves);
  const contributions = (values: Float64Array): Float64Array =>
    contributionsOf(leaves, points, values, model.features.length);
  return {
    model,
    baseValue,
    probability: (values) => {
      const known = values.every((value) => !Number.isNaN(value));
      const score = known ? logOdds(model, steps, values) : contributions(values).reduce((a, b) => a + b, baseValue);
      return 1 / (1 + Math.exp(-score));
    },
    contributions,
  };
}

/** A split's right child and input in one number, so that a step is one look-up; -1 in a leaf. */
function stepsOf({ feature, right }: Model): Int32Array {
  return feature.map((asked, node) => (asked < 0 ? -1 : (right[node]! << FEATURE_BITS) + asked));
}

function logOdds({ roots, number }: Model, steps: Int32Array, values: Float64Array): number {
  let total = 0;
  for (let tree = 0; tree < roots.length; tree++) {
    let node = roots[tree]!;
    for (let step = steps[node]!; step >= 0; step = steps[node]!) {
      node = values[step & FEATURE_MASK]! <= number[node]! ? node + 1 : step >> FEATURE_BITS;
    }
    total += number[node]!;
  }
  return total;
}

/**
 * For a leaf whose slots have agreement o and share z, Shapley's weights are the integral over t of (o_j - z_j) times the
 * product over k != j of (z_k + t * (o_k - z_k)): a polynomial, which as many points as half of the slots sum exactly.
 */
function contributionsOf(
  leaves: Leaves,
  pointsFor: readonly (readonly Point[])[],
  values: Float64Array,
  inputs: number,
): Float64Array {
  const { value, first, feature, share } = leaves;
  const sums = new Float64Array(inputs);
  const change = new Float64Array(inputs);
  const factor = new Float64Array(inputs);
  const weight = new Float64Array(inputs);
  for (let leaf = 0; leaf < value.length; leaf++) {
    const start = first[leaf]!;
    const slots = first[leaf + 1]! - start;
    setChanges(leaves, start, slots, values, change);
    weight.fill(0);
    for (const { at, weight: scale } of pointsFor[slots]!) {
      for (let slot = 0; slot < slots; slot++) factor[slot] = share[start + slot]! + at * change[slot]!;
      addProductsOfOthers(factor, slots, scale, weight);
    }
    for (let slot = 0; slot < slots; slot++) {
      sums[feature[start + slot]!]! += value[leaf]! * change[slot]! * weight[slot]!;
    }
  }
  return sums;
}

/** What knowing an input changes for a leaf: from its share of the training rows to all or nothing. */
function setChanges(leaves: Leaves, start: number, slots: number, values: Float64Array, change: Float64Array): void {
  for (let slot = 0; slot < slots; slot++) {
    const at = start + slot;
    const value = values[leaves.feature[at]!]!;
    const agrees = value > leaves.low[at]! && value <= leaves.high[at]!;
    change[slot] = Number.isNaN(value) ? 0 : (agrees ? 1 : 0) - leaves.share[at]!;
  }
}

/**
 * Adds to each entry the product of all other factors, times `scale`. No factor is zero: every node was reached by some
 * training row, and no point is 0 or 1.
 */
function addProductsOfOthers(factor: Float64Array, count: number, scale: number, sums: Float64Array): void {
  let product = scale;
  for (let entry = 0; entry < count; entry++) product *= factor[entry]!;
  for (let entry = 0; entry < count; entry++) sums[entry]! += product / factor[entry]!;
}

function baseValueOf({ value, first, share }: Leaves): number {
  return value.reduce(
    (sum, own, leaf) => sum + share.subarray(first[leaf], first[leaf + 1]).reduce((a, b) => a * b, own),
    0,
  );
}

/** Parents come before their children, so one pass knows the way to every node. */
function leavesOf({ roots, feature, number, right, cover }: Model): Leaves {
  const ways = new Map<number, Way>(Array.from(roots, (root) => [root, new Map()]));
  const found: { value: number; way: Way }[] = [];
  for (let node = 0; node < feature.length; node++) {
    const way = ways.get(node) ?? new Map();
    const asked = feature[node]!;
    const bound = number[node]!;
    if (asked < 0) {
      found.push({ value: bound, way });
      continue;
    }
    const { low, high, share } = way.get(asked) ?? { low: -Infinity, high: Infinity, share: 1 };
    const step = (child: number, bounds: { low: number; high: number }): void => {
      ways.set(child, new Map(way).set(asked, { ...bounds, share: share * (cover[child]! / cover[node]!) }));
    };
    step(node + 1, { low, high: Math.min(high, bound) });
    step(right[node]!, { low: Math.max(low, bound), high });
  }
  return flatten(found);
}

function flatten(found: readonly { readonly value: number; readonly way: Way }[]): Leaves {
  const slots = found.flatMap(({ way }) => [...way].map(([feature, bounds]) => ({ feature, ...bounds })));
  const first = new Int32Array(found.length + 1);
  found.forEach(({ way }, leaf) => (first[leaf + 1] = first[leaf]! + way.size));
  return {
    value: Float64Array.from(found, ({ value }) => value),
    first,
    feature: Int32Array.from(slots, (slot) => slot.feature),
    low: Float64Array.from(slots, (slot) => slot.low),
    high: Float64Array.from(slots, (slot) => slot.high),
    share: Float64Array.from(slots, (slot) => slot.share),
  };
}

interface Point {
  readonly at: number;
  readonly weight: number;
}

/** Points and weights on 0..1 that integrate polynomials below degree 2 * count exactly: roots of Legendre's polynomial. */
function gaussLegendre(count: number): Point[] {
  return Array.from({ length: count }, (_, index) => {
    let root = Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 8; round++) {
      const { value, before } = legendre(count, root);
      slope = (count * (root * value - before)) / (root * root - 1);
      root -= value / slope;
    }
    return { at: (1 + root) / 2, weight: 1 / ((1 - root * root) * slope * slope) };
  });
}

function legendre(degree: number, x: number): { value: number; before: number } {
  let before = 1;
  let value = x;
  for (let n = 2; n <= degree; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
  return { value, before };
}
