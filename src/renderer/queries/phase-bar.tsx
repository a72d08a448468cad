import type { BatchDurations } from '../../pipeline/events.ts';
import { span } from '../format.ts';

/** The phases of a batch in the order in which they happen, named as in Spark. */
export const PHASES = [
  ['latestOffset', 'var(--p4)'],
  ['walCommit', 'var(--p3)'],
  ['getBatch', 'var(--p1)'],
  ['addBatch', 'var(--p2)'],
  ['commitOffsets', 'var(--p5)'],
] as const satisfies readonly (readonly [keyof BatchDurations, string])[];

export function PhaseLegend() {
  return (
    <span className="row gap-3 phase-legend">
      {PHASES.map(([name, color]) => (
        <span className="legend" key={name}>
          <i className="box" style={{ color }} />
          {name}
        </span>
      ))}
    </span>
  );
}

interface PhaseBarProps {
  readonly durations: BatchDurations;
  /** The length that fills the bar, ms. */
  readonly longest: number;
}

export function PhaseBar({ durations, longest }: PhaseBarProps) {
  const words = PHASES.map(([name]) => `${name} ${span(durations[name])}`).join(', ');
  return (
    <span className="phase-bar" role="img" aria-label={words} title={words}>
      {PHASES.map(([name, background]) => (
        <i key={name} style={{ background, width: `${(100 * durations[name]) / longest}%` }} />
      ))}
    </span>
  );
}
