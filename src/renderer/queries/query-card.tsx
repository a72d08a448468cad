import { Button } from '@mantine/core';
import { useState } from 'react';
import type { QueryView, RunnerView } from '../../console/contract.ts';
import { useNow } from '../clock.ts';
import { Fact } from '../components/page.tsx';
import { QueryActions, TITLES } from '../components/query-actions.tsx';
import { Failure } from '../components/states.tsx';
import { edge, isFailed, queryWord, Status } from '../components/status.tsx';
import { count, longSpan, moment, rate, span } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { QueryMenu } from '../handover/query-menu.tsx';
import { RunnerFacts, RunnerWay } from '../handover/runner.tsx';
import { TakeOverSheet } from '../handover/take-over-sheet.tsx';
import { DurationBars } from './duration-bars.tsx';
import { LossSheet } from './loss-sheet.tsx';

interface QueryCardProps {
  readonly query: QueryView;
  readonly stackUp: boolean;
  /** One line, when the other query has failed and needs the room. */
  readonly compact: boolean;
}

export function QueryCard({ query, stackUp, compact }: QueryCardProps) {
  const word = queryWord(query);
  const failed = isFailed(query);
  const [taking, setTaking] = useState(false);
  return (
    <section className={`card query-card ${edge(word)}`} aria-label={TITLES[query.name]}>
      <div className="row">
        <h2 style={{ fontSize: 15 }}>{TITLES[query.name]}</h2>
        <Status word={word} />
        {compact && !failed && <span className="text ink-3 cut">{query.headline}</span>}
        <span className="grow" />
        {!failed && <QueryActions query={query} stackUp={stackUp} />}
        <QueryMenu query={query} stackUp={stackUp} />
      </div>
      {failed && <QueryFailure query={query} stackUp={stackUp} />}
      {!failed &&
        !compact &&
        (query.runner ? (
          <Elsewhere query={query} runner={query.runner} onTake={() => setTaking(true)} />
        ) : (
          <Own query={query} />
        ))}
      <Retry query={query} />
      {taking && <TakeOverSheet query={query.name} onClose={() => setTaking(false)} />}
    </section>
  );
}

function Own({ query }: { readonly query: QueryView }) {
  return (
    <>
      <RunLine query={query} />
      <Figures query={query} />
    </>
  );
}

interface ElsewhereProps {
  readonly query: QueryView;
  readonly runner: RunnerView;
  readonly onTake: () => void;
}

function Elsewhere({ query, runner, onTake }: ElsewhereProps) {
  return (
    <>
      <p className="text ink-2">
        <b className="ink-1">{query.headline}</b> {query.detail}
      </p>
      <RunnerFacts runner={runner} />
      <RunnerWay runner={runner} onTake={onTake} />
    </>
  );
}

/** Failures that starting again cannot cure: the way out begins at the checkpoint. */
const AT_CHECKPOINT: readonly string[] = ['CHECKPOINT_CORRUPT', 'SOURCE_CHANGED', 'TABLE_AHEAD', 'TABLE_BEHIND'];

function QueryFailure({ query, stackUp }: Pick<QueryCardProps, 'query' | 'stackUp'>) {
  const [looking, setLooking] = useState(false);
  const { error } = query;
  if (!error) return null;
  return (
    <Failure error={error}>
      {AT_CHECKPOINT.includes(error.code) && (
        <Button component="a" href={link('checkpoints')} variant="filled">
          Open Checkpoints
        </Button>
      )}
      {error.code === 'DATA_LOSS' && (
        <Button variant="filled" onClick={() => setLooking(true)}>
          Look at the loss…
        </Button>
      )}
      <QueryActions query={query} stackUp={stackUp} />
      {looking && <LossSheet query={query.name} onClose={() => setLooking(false)} />}
    </Failure>
  );
}

function RunLine({ query }: { readonly query: QueryView }) {
  const zone = useZone();
  const now = useNow();
  const { runId, startedAt, since, state, headline, detail, error } = query;
  return (
    <div className="note">
      <span className="cut" title={headline}>
        {state === 'RUNNING' && startedAt !== null
          ? `Running since ${moment(startedAt, now, zone)}`
          : error
            ? `${headline} ${detail}`
            : `${headline} For ${longSpan(now - since)}.`}
      </span>
      <span className="grow" />
      {runId && (
        <span className="mono ink-3 nowrap" title={`Run ${runId}`}>
          run {runId.slice(0, 8)}
        </span>
      )}
    </div>
  );
}

function Figures({ query }: { readonly query: QueryView }) {
  const last = query.batches[0];
  return (
    <div className="figures">
      <Fact label="Last batch">{last ? last.batchId : '–'}</Fact>
      <Fact label="Input">{last ? `${rate(last.inputRowsPerSecond)}/s` : '–'}</Fact>
      <Fact label="Processing">{last ? `${rate(last.processedRowsPerSecond)}/s` : '–'}</Fact>
      <Fact label="Batch takes">{last ? span(last.batchDuration) : '–'}</Fact>
      <Fact label="Rows">{count(query.totals.rows)}</Fact>
      <DurationBars query={query} />
    </div>
  );
}

/** The supervisor tries again by itself after a failure that may pass. */
function Retry({ query }: { readonly query: QueryView }) {
  const now = useNow();
  if (query.nextAttemptAt === null) return null;
  return (
    <div className="text ink-2">
      Attempt {query.attempts + 1} in {longSpan(query.nextAttemptAt - now)}. Nothing is lost meanwhile: records wait in
      the topic.
    </div>
  );
}
