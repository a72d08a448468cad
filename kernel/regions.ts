/**
 * The sizes of what lies in the kernel's memory. Each list has the room of the largest table from the start, so that no
 * address ever moves; pages that nothing was written to cost address space alone.
 */

/** Rows of a full table. */
export const MAX_ROWS: u32 = 1 << 18;
/** A batch of records, or one value, that is larger than this is not scanned here. */
export const INPUT_BYTES: u32 = 17 << 20;
/** Room of the texts of one column: a value of the largest size that is read, behind those of many rows. */
export const TEXT_BYTES: u32 = 20 << 20;

/** Vectors are read and written whole, beyond the end of what is meant. */
const SLACK: usize = 64;

/** So many bytes, all zero. They are never given back. */
export function reserve(bytes: usize): usize {
  return heap.alloc(bytes + SLACK);
}
