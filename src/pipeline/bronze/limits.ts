/** How much a batch may hold in memory, whatever its size, and how large its files get. */
export interface BronzeLimits {
  /** Bytes of rows as columns. More are written as row groups of the files that are being made. */
  readonly columnBytes: number;
  /** Bytes of encoded row groups. More go to a temporary file until their data file is put. */
  readonly encodedBytes: number;
  /** A data file that has reached so many bytes gets no more row groups. It is in memory whole while it is put. */
  readonly fileBytes: number;
  /** Where the temporary file may lie; the system's folder for such files when it is not set. */
  readonly spillFolder?: string;
}

const MIB = 1024 * 1024;

export const BRONZE_LIMITS: BronzeLimits = {
  columnBytes: 64 * MIB,
  encodedBytes: 32 * MIB,
  fileBytes: 128 * MIB,
};
