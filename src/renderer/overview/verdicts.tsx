import { useState, type ReactNode } from 'react';
import type { QueryView } from '../../console/contract.ts';
import { useNow } from '../clock.ts';
import { edge, queryWord, Status, troubleOf } from '../components/status.tsx';
import { TITLES } from '../components/query-actions.tsx';
import { RunnerFacts, RunnerWay } from '../handover/runner.tsx';
import { TakeOverSheet } from '../handover/take-over-sheet.tsx';
import { longSpan } from '../format.ts';
import { link } from '../route.ts';
import { usePart } from '../store.ts';

/** One card per query: the verdict, the sentence, the evidence, the door. */
export function Verdicts() {
  const queries = usePart('queries');
  if (!queries) return null;
  return (
    <div className="pair">
      <VerdictCard query={queries.bronze} />
      <VerdictCard query={queries.alert} />
    </div>
  );
}

function VerdictCard({ query }: { readonly query: QueryView }) {
  const word = queryWord(query);
  const [taking, setTaking] = useState(false);
  return (
    <section className={`card verdict ${edge(word)}`} aria-label={TITLES[query.name]}>
      <div className="row">
        <Status word={word} />
        <span className="text ink-2">{TITLES[query.name]}</span>
        <span className="grow" />
        <Since query={query} />
      </div>
      <h2 className="error-title">{query.headline}</h2>
      <p className="text ink-2">{troubleOf(query)?.action ?? query.detail}</p>
      {query.runner && (
        <>
          <RunnerFacts runner={query.runner} />
          <RunnerWay runner={query.runner} onTake={() => setTaking(true)} />
        </>
      )}
      <Door query={query} />
      {taking && <TakeOverSheet query={query.name} onClose={() => setTaking(false)} />}
    </section>
  );
}

function Door({ query }: { readonly query: QueryView }) {
  const error = troubleOf(query);
  const last = query.batches[0];
  if (error) {
    return <ToQuery name={query.name}>Open {error.code}</ToQuery>;
  }
  // The batches of this console are the newest ones no more.
  if (query.runner) return null;
  if (!last) return query.verdict === 'STOPPED' ? <ToQuery name={query.name}>Open Queries</ToQuery> : null;
  return (
    <a className="link text" href={link('queries', query.name, last.batchId)}>
      Open batch {last.batchId}
    </a>
  );
}

function ToQuery({ name, children }: { readonly name: QueryView['name']; readonly children: ReactNode }) {
  return (
    <a className="link text" href={link('queries', name)}>
      {children}
    </a>
  );
}

function Since({ query }: { readonly query: QueryView }) {
  const now = useNow();
  const word = query.state === 'RUNNING' ? 'up' : 'for';
  // Since when this console does not run it tells nothing about who does, or did.
  if (query.runner || query.error?.code === 'FENCED') return null;
  return (
    <span className="text ink-3 nowrap">
      {word} {longSpan(now - query.since)}
    </span>
  );
}
