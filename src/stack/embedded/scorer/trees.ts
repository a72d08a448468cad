/** What a forest says about one row, and why. Pure; the same numbers as the scorer of `services/fraud-api`. */
import type { Model } from './model-file.ts';

export interface Scorer {
  readonly model: Model;
  /** Log-odds before anything is known: the mean over the training rows. */
  readonly baseValue: number;
  /** 0 to 1, not rounded. `values` are in the order of `model.features`. */
  probability(values: Float64Array): number;
  /** TreeSHAP: log-odds that each input added. With the base value they give the log-odds of the probability. */
  contributions(values: Float64Array): Float64Array;
}

/** Leaf i owns the slots from `first[i]` to `first[i + 1]`: one for each input that is asked on the way to it. */
interface Leaves {
  readonly value: readonly number[];
  readonly first: readonly number[];
  readonly feature: readonly number[];
  /** A row agrees with a slot when `low < value <= high`. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** The part of the training rows that agreed. */
  readonly share: readonly number[];
}

type Way = ReadonlyMap<number, { readonly low: number; readonly high: number; readonly share: number }>;

export function makeScorer(model: Model): Scorer {
  const leaves = leavesOf(model);
  const points = gaussLegendre(8);
  return {
    model,
    baseValue: baseValueOf(leaves),
    probability: (values) => 1 / (1 + Math.exp(-logOdds(model, values))),
    contributions: (values) => contributionsOf(leaves, points, values, model.features.length),
  };
}

function logOdds({ roots, feature, number, right }: Model, values: Float64Array): number {
  let total = 0;
  for (let tree = 0; tree < roots.length; tree++) {
    let node = roots[tree]!;
    for (let asked = feature[node]!; asked >= 0; asked = feature[node]!) {
      node = values[asked]! <= number[node]! ? node + 1 : right[node]!;
    }
    total += number[node]!;
  }
  return total;
}

/**
 * For a leaf whose slots have agreement o and share z, Shapley's weights are the integral over t of (o_j - z_j) times the
 * product over k != j of (z_k + t * (o_k - z_k)): a polynomial, which Gauss-Legendre sums exactly.
 */
function contributionsOf(leaves: Leaves, points: readonly Point[], values: Float64Array, inputs: number): Float64Array {
  const sums = new Float64Array(inputs);
  const change = new Float64Array(inputs);
  const factor = new Float64Array(inputs);
  const weight = new Float64Array(inputs);
  for (let leaf = 0; leaf < leaves.value.length; leaf++) {
    const first = leaves.first[leaf]!;
    const slots = leaves.first[leaf + 1]! - first;
    for (let slot = 0; slot < slots; slot++) {
      const value = values[leaves.feature[first + slot]!]!;
      const agrees = value > leaves.low[first + slot]! && value <= leaves.high[first + slot]!;
      change[slot] = (agrees ? 1 : 0) - leaves.share[first + slot]!;
      weight[slot] = 0;
    }
    for (const point of points) {
      for (let slot = 0; slot < slots; slot++) factor[slot] = leaves.share[first + slot]! + point.at * change[slot]!;
      addProductsOfOthers(factor, slots, point.weight, weight);
    }
    for (let slot = 0; slot < slots; slot++) {
      sums[leaves.feature[first + slot]!]! += leaves.value[leaf]! * change[slot]! * weight[slot]!;
    }
  }
  return sums;
}

/** Adds to each entry the product of all other factors, times `scale`. */
function addProductsOfOthers(factor: Float64Array, count: number, scale: number, sums: Float64Array): void {
  for (let entry = 0; entry < count; entry++) {
    let product = scale;
    for (let other = 0; other < count; other++) if (other !== entry) product *= factor[other]!;
    sums[entry]! += product;
  }
}

function baseValueOf({ value, first, share }: Leaves): number {
  return value.reduce((sum, own, leaf) => sum + share.slice(first[leaf], first[leaf + 1]).reduce((a, b) => a * b, own), 0);
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
  const first = [0];
  for (const { way } of found) first.push(first[first.length - 1]! + way.size);
  return {
    value: found.map(({ value }) => value),
    first,
    feature: slots.map((slot) => slot.feature),
    low: slots.map((slot) => slot.low),
    high: slots.map((slot) => slot.high),
    share: slots.map((slot) => slot.share),
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
