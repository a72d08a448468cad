/** Start, stop and restart of one query or of both. What cannot be done now says why and can still be reached. */
import { Button, Tooltip } from '@mantine/core';
import { Play, RotateCw, Square } from 'lucide-react';
import type { QueryView } from '../../console/contract.ts';
import type { QueryState } from '../../pipeline/events.ts';
import { useCommand } from './use-command.ts';

export const TITLES = { bronze: 'Bronze', alert: 'Alert' } as const;

/** Start stands where Stop stood; while a change is under way the buttons say which. */
export function QueryActions({ query, stackUp }: { readonly query: QueryView; readonly stackUp: boolean }) {
  const [busy, run] = useCommand();
  const { name, state } = query;
  const title = TITLES[name];
  const why = stackUp ? (reason(state, title) ?? query.runner?.refusal ?? null) : NOT_UP;
  const stopped = state === 'STOPPED' || state === 'FAILED';
  return (
    <div className="row">
      {stopped ? (
        <Act
          label={`Start ${title}`}
          icon={<Play size={13} />}
          why={why}
          busy={busy}
          primary={state === 'FAILED' && query.error?.retryable === true}
          act={() => run('query.start', { query: name }, `${title} starts.`)}
        />
      ) : (
        <Act
          label={`Stop ${title}`}
          icon={<Square size={12} />}
          why={why}
          busy={busy}
          hint={query.runner?.drains ? SENDS_ONLY : undefined}
          act={() => run('query.stop', { query: name }, `${title} stops after this batch.`)}
        />
      )}
      {!stopped && (
        <Act
          label={`Restart ${title}`}
          icon={<RotateCw size={13} />}
          why={why}
          busy={busy}
          act={() => run('query.restart', { query: name }, `${title} restarts after this batch.`)}
        />
      )}
    </div>
  );
}

const SENDS_ONLY = 'Ends the scoring of what waits and the sending from here. Spark goes on.';
const NOT_UP = 'The stack is not up yet.';

/** The same for both at once, as far as it makes sense for either. */
export function BothActions({
  queries,
  stackUp,
}: {
  readonly queries: readonly QueryView[];
  readonly stackUp: boolean;
}) {
  const [busy, run] = useCommand();
  const states = queries.map(({ state }) => state);
  const why = stackUp ? null : NOT_UP;
  // One that somebody else runs would only be refused.
  const whyNoStart = why ?? queries.find(({ runner }) => runner?.refusal)?.runner?.refusal ?? null;
  const idle = (state: QueryState) => state === 'STOPPED' || state === 'FAILED';
  return (
    <div className="row">
      {states.some(idle) && (
        <Act
          label="Start both"
          icon={<Play size={13} />}
          why={whyNoStart}
          busy={busy}
          act={() => run('query.start', { query: 'all' }, 'Both queries start.')}
        />
      )}
      {!states.every(idle) && (
        <Act
          label="Stop both"
          icon={<Square size={12} />}
          why={why}
          busy={busy}
          act={() => run('query.stop', { query: 'all' }, 'Both queries stop after their batch.')}
        />
      )}
      <Act
        label="Restart both"
        icon={<RotateCw size={13} />}
        why={whyNoStart}
        busy={busy}
        act={() => run('query.restart', { query: 'all' }, 'Both queries restart after their batch.')}
      />
    </div>
  );
}

interface ActProps {
  readonly label: string;
  readonly icon: React.ReactNode;
  /** Why it cannot be done now, or null. */
  readonly why: string | null;
  readonly busy: boolean;
  readonly primary?: boolean;
  /** What it does, where the label is too short to say so. */
  readonly hint?: string | undefined;
  readonly act: () => void;
}

// Not `disabled`: a disabled button cannot be reached by the keyboard, and nobody learns why it is dead.
export function Act({ label, icon, why, busy, primary = false, hint, act }: ActProps) {
  const dead = why !== null || busy;
  const button = (
    <Button
      leftSection={icon}
      variant={primary ? 'filled' : 'default'}
      aria-disabled={dead}
      {...(dead && { 'data-disabled': true })}
      onClick={() => !dead && act()}
    >
      {label}
    </Button>
  );
  const words = why ?? hint;
  return words === undefined ? (
    button
  ) : (
    <Tooltip label={words} multiline maw={360}>
      {button}
    </Tooltip>
  );
}

function reason(state: QueryState, title: string): string | null {
  if (state === 'STARTING') return `${title} is starting.`;
  if (state === 'STOPPING') return `${title} finishes its batch and stops.`;
  if (state === 'RESTARTING') return `${title} finishes its batch and starts again.`;
  return null;
}
