import { Failure } from '../components/states.tsx';
import { Status } from '../components/status.tsx';
import type { ErrorView } from '../../console/contract.ts';
import { usePart } from '../store.ts';

/** There is no console behind this window: one sentence, its code and what to do. */
export function NoConsole({ error }: { readonly error: ErrorView }) {
  return (
    <div className="page-body" style={{ paddingTop: 20 }}>
      <section className="card edge-fail" style={{ maxWidth: 720 }}>
        <div className="card-head">
          <Status word="FAILED" />
          <h1 style={{ fontSize: 13 }}>Sluice could not start</h1>
        </div>
        <div className="card-body">
          <Failure error={error} withLog={false} />
        </div>
      </section>
    </div>
  );
}

/** Quitting: the queries finish their batch and the stack goes down. The window closes by itself. */
export function StoppingCurtain() {
  const console = usePart('console');
  if (console?.stack !== 'STOPPING') return null;
  return (
    <div className="curtain" role="alert">
      <div className="curtain-card col" style={{ gap: 8 }}>
        <Status word="STOPPING" />
        <div className="error-title">Sluice finishes its batches and stops.</div>
        <div className="text ink-2">{console.step ?? 'Nothing is lost; the window closes by itself within 10 s.'}</div>
      </div>
    </div>
  );
}
