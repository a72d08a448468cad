/** What the doctor says: what wants fixing first, each with its evidence, and a fix that says what it will run. */
import { RotateCw, Wrench } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useNow } from '../clock.ts';
import { Act } from '../components/query-actions.tsx';
import { Failure, LoadingRows } from '../components/states.tsx';
import type { CheckView, DoctorReport, ErrorView } from '../../console/contract.ts';
import { ask, CommandError } from '../bridge.ts';
import { longSpan, plural } from '../format.ts';
import { useStore } from '../store.ts';
import { CheckItem } from './check-item.tsx';
import { byUrgency, doesNotApply } from './words.ts';

export function DoctorPanel({ onFixed }: { readonly onFixed: () => void }) {
  const { report, failure, busy, run, put } = useDoctor();
  const now = useNow();
  const made = report?.checks.filter((check) => !doesNotApply(check)) ?? [];
  const others = report?.checks.filter(doesNotApply) ?? [];
  const toFix = made.filter(({ state }) => state === 'failed' || state === 'warn').length;
  const fixed = (check: CheckView): void => {
    put(check);
    onFixed();
  };
  return (
    <section className="card doctor" aria-label="Doctor">
      <div className="card-head">
        <h2>Doctor</h2>
        <span className="text ink-3 cut" role="status">
          {busy
            ? 'looking at everything'
            : report &&
              `${plural(made.length, 'check')}, ${toFix === 0 ? 'all well' : `${toFix} to fix`}, ${longSpan(now - report.at)} ago`}
        </span>
        <span className="grow" />
        <Act label="Check again" icon={<RotateCw size={13} />} why={null} busy={busy} act={() => void run()} />
      </div>
      {!report && !failure && <LoadingRows rows={9} />}
      {failure && (
        <div className="section">
          <Failure error={failure} />
        </div>
      )}
      {report && (
        <ul className="checks">
          {byUrgency(made).map((check) => (
            <CheckItem key={check.id} check={check} onFixed={fixed} />
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <details className="section text ink-3">
          <summary>
            {plural(others.length, 'check')} that {others.length === 1 ? 'does' : 'do'} not apply here
          </summary>
          <ul className="not-here">
            {others.map(({ id, title, seen }) => (
              <li key={id}>
                <span className="ink-2">{title}:</span> {seen}
              </li>
            ))}
          </ul>
        </details>
      )}
      <div className="section">
        <div className="note">
          <Wrench size={14} className="fixed-icon" aria-hidden />
          <span>A fix says what it will run before it runs, and the check is made again after it.</span>
        </div>
      </div>
    </section>
  );
}

interface Doctor {
  readonly report: DoctorReport | null;
  readonly failure: ErrorView | null;
  readonly busy: boolean;
  readonly run: () => Promise<void>;
  /** Takes a check that was made again in the place of the one before. */
  readonly put: (check: CheckView) => void;
}

/** Looks when the screen is opened, and when somebody asks. */
function useDoctor(): Doctor {
  const { bridge } = useStore();
  const [report, setReport] = useState<DoctorReport | null>(null);
  const [failure, setFailure] = useState<ErrorView | null>(null);
  const [busy, setBusy] = useState(false);
  const run = useCallback(async () => {
    setBusy(true);
    try {
      setReport(await ask(bridge, 'doctor.run', {}));
      setFailure(null);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      setFailure(error.view);
    } finally {
      setBusy(false);
    }
  }, [bridge]);
  useEffect(() => void run(), [run]);
  const put = (check: CheckView): void =>
    setReport((last) => last && { ...last, checks: last.checks.map((each) => (each.id === check.id ? check : each)) });
  return { report, failure, busy, run, put };
}
