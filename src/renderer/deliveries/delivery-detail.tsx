import type { ConsoleView } from '../../console/contract.ts';
import type { DeliveryView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { Detail } from '../components/detail.tsx';
import { deliveryWord, Risk, Status } from '../components/status.tsx';
import { longSpan, moment } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { Decide, isOpen } from './decide.tsx';
import { Sends } from './sends.tsx';
import { SlackMessage } from './slack-message.tsx';

interface DeliveryDetailProps {
  readonly delivery: DeliveryView;
  readonly slack: ConsoleView['slack'];
  readonly onClose: () => void;
}

export function DeliveryDetail({ delivery, slack, onClose }: DeliveryDetailProps) {
  return (
    <Detail
      title="message"
      onClose={onClose}
      head={
        <>
          <Status word={deliveryWord(delivery.state)} />
          <Risk level={delivery.level} />
        </>
      }
    >
      <p className="text ink-2" style={{ padding: '0 14px 12px' }}>
        {MEANINGS[delivery.state]}
      </p>
      {isOpen(delivery) && (
        <div style={{ padding: '0 14px 12px' }}>
          <Decide deliveries={[delivery]} />
        </div>
      )}
      <Facts delivery={delivery} />
      <Message delivery={delivery} slack={slack} />
      <Sends sends={delivery.sends} />
    </Detail>
  );
}

/** What a state means for the reader of Slack; never more than is known. */
const MEANINGS = {
  pending: 'It waits for its turn, or for the next try.',
  sending: 'It is on its way right now.',
  sent: 'Slack has accepted it.',
  ambiguous: 'It was sent, and no answer came. If it is sent again, the message says that it may be a repeat.',
  held: 'It was sent, and no answer came. Look into Slack: if it is there, discard it; if not, send it again.',
  dead: 'Slack does not take it, so it is not tried again by itself. The prediction is stored.',
  discarded: 'A person decided that it is not sent. The prediction is stored.',
  suppressed: 'It was recorded and not sent: Slack was off, or the transaction was too old when it was first read.',
} as const;

function Facts({ delivery }: { readonly delivery: DeliveryView }) {
  const zone = useZone();
  const now = useNow();
  const { createdAt, sentAt, nextAt, attempts, ambiguousSends, lastError, transNum } = delivery;
  return (
    <section className="section">
      <dl className="facts">
        <dt>Transaction</dt>
        <dd>
          <a className="link mono" href={link('feed', 'one', transNum)} style={{ overflowWrap: 'anywhere' }}>
            {transNum}
          </a>
        </dd>
        <dt>Stored</dt>
        <dd>{moment(createdAt, now, zone)}</dd>
        {sentAt !== null && (
          <>
            <dt>Accepted</dt>
            <dd>
              {moment(sentAt, now, zone)}, after {longSpan(sentAt - createdAt)}
            </dd>
          </>
        )}
        {sentAt === null && nextAt !== null && (
          <>
            <dt>Next try</dt>
            <dd>{moment(nextAt, now, zone)}</dd>
          </>
        )}
        <dt>Tries</dt>
        <dd>{attempts}</dd>
        {ambiguousSends > 0 && (
          <>
            <dt>Without an answer</dt>
            <dd className="tone-med">{ambiguousSends}</dd>
          </>
        )}
        {lastError !== null && (
          <>
            <dt>Last error</dt>
            <dd className="tone-fail">{lastError}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Message({ delivery, slack }: Pick<DeliveryDetailProps, 'delivery' | 'slack'>) {
  const zone = useZone();
  const now = useNow();
  const at = delivery.sends[0] === undefined ? 'not sent yet' : moment(delivery.sends[0].at, now, zone);
  return (
    <section className="section">
      <div className="row" style={{ marginBottom: 8 }}>
        <h2>Message</h2>
        <span className="tag">{slack === 'preview' ? 'Local preview' : 'As Slack shows it'}</span>
      </div>
      <SlackMessage blocks={delivery.preview} level={delivery.level} at={at} />
    </section>
  );
}
