/** What `src/pipeline/cdc/kernel.ts` does for the kernel: rare things, for which JavaScript has what it takes. */

/** The nearest double of a JSON number without its sign. */
export declare function toNumber(at: usize, end: usize): f64;

/** The amount in a decimal text or in base64, NaN to refuse it. */
export declare function toAmount(at: usize, end: usize): f64;

/** Writes the text of a JSON string, quotes included, to `plainText` and answers its length, or -1 to refuse it. */
export declare function unescape(at: usize, end: usize): i32;
