/** What a chart draws. */

/** One moment; the values stand in the order of the series. */
export interface Point {
  readonly at: number;
  readonly values: readonly (number | null)[];
}

export interface Series {
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
}
