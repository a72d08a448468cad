import { RISK_LEVELS } from '../../pipeline/events.ts';
import { Card } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';
import { Risk } from '../components/status.tsx';
import { count, percent } from '../format.ts';
import { link } from '../route.ts';
import { usePart } from '../store.ts';

/** Frauds by level in the last hour, the last day and altogether, from SQL. */
export function FraudFound() {
  const totals = usePart('totals');
  if (!totals || totals.predictions === 0) {
    return (
      <Card title="Fraud found">
        <Empty title="Nothing scored yet">
          <p>The counts appear with the first batch of Alert.</p>
        </Empty>
      </Card>
    );
  }
  const { byLevel } = totals;
  const sum = (span: 'hour' | 'day' | 'all') => RISK_LEVELS.reduce((all, level) => all + byLevel[level][span], 0);
  return (
    <Card title="Fraud found" actions={<span className="text ink-3">{count(totals.predictions)} scored</span>}>
      <table className="table counts">
        <colgroup>
          <col style={{ width: 96 }} />
          <col />
          <col />
          <col style={{ width: 68 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden-text">Risk</span>
            </th>
            <th scope="col" className="num">
              1 h
            </th>
            <th scope="col" className="num">
              24 h
            </th>
            <th scope="col" className="num">
              All
            </th>
          </tr>
        </thead>
        <tbody>
          {RISK_LEVELS.map((level) => (
            <tr key={level}>
              <th scope="row">
                <a href={link('feed', 'level', level)} title={LEVEL_HINTS[level]}>
                  <Risk level={level} />
                </a>
              </th>
              <td className="num">{count(byLevel[level].hour)}</td>
              <td className="num">{count(byLevel[level].day)}</td>
              <td className="num">{count(byLevel[level].all)}</td>
            </tr>
          ))}
          <tr className="text">
            <th scope="row">Fraud rate</th>
            <td className="num">{percent(sum('hour'), totals.predictionsHour)}</td>
            <td className="num">{percent(sum('day'), totals.predictionsDay)}</td>
            <td className="num">{percent(sum('all'), totals.predictions)}</td>
          </tr>
        </tbody>
      </table>
    </Card>
  );
}

const LEVEL_HINTS = {
  HIGH: 'Probability above 0.7',
  MEDIUM: 'Probability above 0.4',
  LOW: 'Probability of 0.4 or less. Almost empty: the cut for fraud lies near 0.5',
} as const;
