/** Waits until nothing is on its way any more. */

/** What is still on its way at one moment. */
export interface Underway {
  /** End of the topic, summed up: while it grows, the change capture still writes. */
  readonly end: number;
  readonly unread: number;
  readonly undelivered: number;
}

const SAMPLE_MS = 500;
/** How often the end must be seen unchanged: the capture may hold back a transaction for a moment. */
const STILL_SAMPLES = 4;

/** True once all is read and delivered; false when the time is over, or at once when `look` answers null: it cannot be. */
export async function waitUntilDrained(
  look: () => Promise<Underway | null>,
  timeoutMs: number,
  sampleMs = SAMPLE_MS,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  let still = 0;
  let last: Underway | null = null;
  while (Date.now() < deadline) {
    const now = await look();
    if (now === null) return false;
    still = now.end === last?.end ? still + 1 : 0;
    last = now;
    if (still >= STILL_SAMPLES && now.unread === 0 && now.undelivered === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, sampleMs));
  }
  return false;
}
