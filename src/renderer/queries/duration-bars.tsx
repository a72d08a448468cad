import type { QueryView } from '../../console/contract.ts';
import { span, trigger } from '../format.ts';

const BARS = 28;
const WIDTH = 140;
const HEIGHT = 34;

/** How long the last batches took, against the trigger interval: a bar above the line is a batch that came too late. */
export function DurationBars({ query }: { readonly query: QueryView }) {
  const batches = query.batches.slice(0, BARS).reverse();
  const longest = Math.max(1, query.triggerMs, ...batches.map(({ batchDuration }) => batchDuration));
  const y = (ms: number) => HEIGHT - (ms / longest) * HEIGHT;
  const step = WIDTH / BARS;
  const label = `Durations of the last ${batches.length} batches, trigger ${trigger(query.triggerMs)}`;
  return (
    <div className="col duration-bars" title={label}>
      <span className="label">trigger {trigger(query.triggerMs)}</span>
      <svg
        width={WIDTH}
        height={HEIGHT + 1}
        role="img"
        aria-label={`${label}: ${batches.map((each) => span(each.batchDuration)).join(', ')}`}
      >
        {query.triggerMs > 0 && (
          <path d={`M0 ${y(query.triggerMs) + 0.5}H${WIDTH}`} stroke="var(--line-control)" strokeDasharray="3 2" />
        )}
        {batches.map(({ batchId, batchDuration }, index) => (
          <rect
            key={batchId}
            x={index * step}
            y={Math.min(y(batchDuration), HEIGHT - 2)}
            width={step - 1}
            height={Math.max(2, HEIGHT - y(batchDuration))}
            rx="1"
            fill={isLate(batchDuration, query.triggerMs) ? 'var(--med)' : 'var(--p2)'}
          />
        ))}
      </svg>
    </div>
  );
}

const isLate = (ms: number, triggerMs: number): boolean => triggerMs > 0 && ms > triggerMs;
