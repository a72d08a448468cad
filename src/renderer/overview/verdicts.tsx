import type { QueryView } from '../../console/contract.ts';
import { useNow } from '../clock.ts';
import { edge, queryWord, Status } from '../components/status.tsx';
import { TITLES } from '../components/query-actions.tsx';
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
  const last = query.batches[0];
  return (
    <section className={`card verdict ${edge(word)}`} aria-label={TITLES[query.name]}>
      <div className="row">
        <Status word={word} />
        <span className="text ink-2">{TITLES[query.name]}</span>
        <span className="grow" />
        <Since query={query} />
      </div>
      <h2 className="error-title">{query.headline}</h2>
      <p className="text ink-2">{query.error ? query.error.action : query.detail}</p>
      {query.error ? (
        <a className="link text" href={link('queries', query.name)}>
          Open {query.error.code}
        </a>
      ) : (
        last && (
          <a className="link text" href={link('queries', query.name, last.batchId)}>
            Open batch {last.batchId}
          </a>
        )
      )}
    </section>
  );
}

function Since({ query }: { readonly query: QueryView }) {
  const now = useNow();
  const word = query.state === 'RUNNING' ? 'up' : 'for';
  return (
    <span className="text ink-3 nowrap">
      {word} {longSpan(now - query.since)}
    </span>
  );
}
