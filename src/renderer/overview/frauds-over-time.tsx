import { RISK_LEVELS } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { Chart } from '../components/chart.tsx';
import { Card } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';
import { riskColor, RiskWord } from '../components/status.tsx';
import { count } from '../format.ts';
import { useView } from '../store.ts';
import { toFraudPoints } from './points.ts';

const SERIES = RISK_LEVELS.map((level) => ({ name: level, color: riskColor(level) }));
const MINUTES = 30;

/** How many frauds each of the last minutes brought, by level. */
export function FraudsOverTime() {
  const now = useNow();
  const stored = useView((view) => view.snapshot?.totals?.minutes);
  const points = toFraudPoints(stored ?? [], now, MINUTES);
  const none = points.every(({ values }) => values.every((value) => value === 0));
  return (
    <Card
      title="Frauds per minute"
      actions={
        <span className="row gap-3">
          {RISK_LEVELS.map((level) => (
            <RiskWord key={level} level={level} />
          ))}
        </span>
      }
    >
      <div className="card-body">
        <Chart
          label="Frauds per minute by level"
          points={none ? [] : points}
          series={SERIES}
          kind="stacked-bars"
          height={148}
          format={count}
          empty={
            <Empty title={`No fraud in the last ${MINUTES} minutes`}>
              <p>Each one is counted in the minute in which it was stored.</p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}
