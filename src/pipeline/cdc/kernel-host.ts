/** The WebAssembly module of the kernel, and what JavaScript lends to it. */
import { isUtf8 } from 'node:buffer';
import { decodeAmount, toDouble, toText } from './cast.ts';
import { KERNEL_CODE } from './kernel-code.ts';
import { UNAVAILABLE } from './parse.ts';

/** A new instance. What it asks of its host is rare: numbers of many digits, amounts as text, texts with escapes. */
export function startKernel(memoryOf: () => Buffer): KernelExports {
  const host = {
    toNumber: (at: number, end: number) => Number(memoryOf().toString('latin1', at, end)),
    toAmount: (at: number, end: number) => {
      const text = memoryOf().toString('latin1', at, end);
      return toDouble(text) ?? decodeAmount(text) ?? NaN;
    },
    unescape: (at: number, end: number) => {
      const bytes = memoryOf().subarray(at, end);
      if (!isUtf8(bytes)) return REFUSED;
      const text = JSON.parse(bytes.toString('utf8')) as string;
      return text === UNAVAILABLE ? REFUSED : memoryOf().write(toText(text) as string, exports.plainTextAt());
    },
  };
  code ??= new WebAssembly.Module(Buffer.from(KERNEL_CODE, 'base64'));
  const exports = new WebAssembly.Instance(code, { host }).exports as unknown as KernelExports;
  return exports;
}

const REFUSED = -1;
let code: WebAssembly.Module | null = null;

/** See `kernel/index.ts`. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly MAX_ROWS: { readonly value: number };
  readonly INPUT_BYTES: { readonly value: number };
  readonly TEXT_BYTES: { readonly value: number };
  addColumn(kind: number, repeats: number): void;
  addColumnKey(bytes: number): void;
  addEnvelopeKey(bytes: number): void;
  defineTime(time: number, timestamp: number, ingestion: number): void;
  inputAt(): number;
  plainTextAt(): number;
  presentAt(): number;
  daysAt(): number;
  cellsAt(column: number): number;
  textsAt(column: number): number;
  endsAt(column: number): number;
  textCount(column: number): number;
  openRecords(bytes: number, count: number, from: number, to: number): void;
  scanRecords(): number;
  scanOne(bytes: number): number;
  lastRecord(): number;
  lastValue(): number;
  lastValueBytes(): number;
  acceptWide(): void;
  rowsTaken(): number;
  skipsTaken(): number;
  forgetTaken(): void;
  takeText(column: number, bytes: number): number;
  hasRoom(bytes: number): number;
  acceptRow(): void;
  rowCount(): number;
  usedBytes(): number;
  clearTable(): void;
  setLimit(bytes: number): void;
  setIngestion(micros: number): void;
}
