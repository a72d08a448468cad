import { useNow } from '../clock.ts';
import { longSpan, trigger } from '../format.ts';
import { usePart, useView } from '../store.ts';

/** How long the console may be silent before the window says so: while it lives it takes samples every few seconds. */
const STALE_MS = 15_000;

export function StatusBar() {
  const console = usePart('console');
  const services = usePart('services') ?? [];
  const up = services.filter(({ state }) => state === 'OK' || state === 'WARN').length;
  const queries = usePart('queries');
  const stackUp = console?.stack === 'UP';
  return (
    <footer className="status-bar">
      <Freshness />
      {services.length > 0 && (
        <span>
          {up} of {services.length} services up
        </span>
      )}
      <span className="grow" />
      {queries && stackUp && (
        <span>
          Trigger {trigger(queries.bronze.triggerMs)} Bronze, {trigger(queries.alert.triggerMs)} Alert
        </span>
      )}
      <span>Cards masked</span>
      {console && (
        <>
          <span>{console.runtime}</span>
          <span>Sluice {console.version}</span>
        </>
      )}
    </footer>
  );
}

function Freshness() {
  const now = useNow();
  const heardAt = useView((view) => view.heardAt);
  const { stack, profile } = usePart('console') ?? {};
  const failed = useView((view) => view.failure !== null);
  const age = now - heardAt;
  if (failed) return <b>No console</b>;
  if (stack === undefined || profile === undefined) return <b>Asking the console</b>;
  if (stack !== 'UP') return <b>{STACK[stack](profile)}</b>;
  return (
    <b>
      {age > STALE_MS ? 'Old' : 'Live'} · updated {longSpan(age)} ago
    </b>
  );
}

const STACK = {
  STARTING: (profile: string) => `Starting the ${profile} stack`,
  STOPPING: () => 'Stopping',
  DOWN: (profile: string) => `The ${profile} stack is down`,
  FAILED: (profile: string) => `The ${profile} stack could not start`,
} as const;
