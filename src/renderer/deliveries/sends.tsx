/** Every message that told of one alert, or tried to, with what Slack said: the proof of its delivery. */
import type { MessageOutcome, SendView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { Status, type StateWord } from '../components/status.tsx';
import { longSpan, moment, plural } from '../format.ts';
import { useZone } from '../preferences.ts';

export function Sends({ sends }: { readonly sends: readonly SendView[] }) {
  const zone = useZone();
  const now = useNow();
  if (sends.length === 0) return null;
  return (
    <section className="section" aria-label="Tries">
      <h2 style={{ marginBottom: 8 }}>Tries</h2>
      <ol className="sends">
        {sends.map((send) => (
          <li key={send.messageId}>
            <div className="row">
              <Status word={outcomeWord(send.outcome)} text={OUTCOMES[send.outcome ?? 'under way']} />
              <span className="grow" />
              <span className="text ink-3 nowrap">{moment(send.at, now, zone)}</span>
            </div>
            <div className="text ink-3">{evidence(send)}</div>
          </li>
        ))}
      </ol>
    </section>
  );
}

const took = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : longSpan(ms));

function evidence({ reason, settledAt, at, alerts, messageId }: SendView): string {
  const answered = settledAt === null ? [] : [`answered after ${took(Math.max(0, settledAt - at))}`];
  const shared = alerts > 1 ? [`with ${plural(alerts - 1, 'other alert')}`] : [];
  return [`Message ${messageId}`, ...shared, ...answered, ...(reason === null ? [] : [reason])].join(' · ');
}

const OUTCOMES: Readonly<Record<MessageOutcome | 'under way', string>> = {
  'under way': 'On its way',
  accepted: 'Accepted',
  wait: 'Asked to wait',
  refused: 'Webhook refused',
  invalid: 'Message not taken',
  ambiguous: 'No clear answer',
  'not-sent': 'Not sent',
  unowned: 'Not sent',
};

function outcomeWord(outcome: MessageOutcome | null): StateWord {
  switch (outcome) {
    case null:
      return 'SENDING';
    case 'accepted':
      return 'SENT';
    case 'ambiguous':
      return 'AMBIGUOUS';
    case 'refused':
    case 'invalid':
      return 'FAILED';
    default:
      return 'WAITING';
  }
}
