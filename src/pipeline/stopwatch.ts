/** How long the phases of one batch took. */
import type { BatchDurations } from './events.ts';
import type { Clock } from './ports.ts';

export class Stopwatch {
  readonly began: number;
  readonly #clock: Clock;
  readonly #phases = new Map<keyof BatchDurations, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.began = clock.now();
  }

  async time<T>(phase: keyof BatchDurations, work: () => Promise<T>): Promise<T> {
    const from = this.#clock.now();
    try {
      return await work();
    } finally {
      this.#phases.set(phase, this.#clock.now() - from);
    }
  }

  durations(): BatchDurations {
    const of = (phase: keyof BatchDurations): number => this.#phases.get(phase) ?? 0;
    return {
      latestOffset: of('latestOffset'),
      walCommit: of('walCommit'),
      getBatch: of('getBatch'),
      addBatch: of('addBatch'),
      commitOffsets: of('commitOffsets'),
      triggerExecution: this.#clock.now() - this.began,
    };
  }
}
