import { ActionIcon } from '@mantine/core';
import { Copy } from 'lucide-react';
import type { ReactNode } from 'react';
import type { FraudView } from '../../pipeline/events.ts';
import { Detail } from '../components/detail.tsx';
import { Risk } from '../components/status.tsx';
import { toast } from '../components/toast.ts';
import { fullMoment, money, shortId } from '../format.ts';
import { useZone } from '../preferences.ts';
import { Trace } from '../trace/trace.tsx';
import { Contributions } from './contributions.tsx';
import { copyText } from '../components/copy.ts';

interface FraudDetailProps {
  readonly fraud: FraudView;
  readonly onClose: () => void;
}

/** One fraud with all its evidence. What is not known is not drawn. */
export function FraudDetail({ fraud, onClose }: FraudDetailProps) {
  return (
    <Detail
      title={`transaction ${shortId(fraud.transNum)}`}
      onClose={onClose}
      head={
        <>
          <Risk level={fraud.level} probability={fraud.probability} digits={4} />
          <span className="text ink-3">{BOUNDS[fraud.level]}</span>
        </>
      }
    >
      <Summary fraud={fraud} />
      <WhyFlagged fraud={fraud} />
      <Inputs fraud={fraud} />
      <Trace key={fraud.transNum} transNum={fraud.transNum} stamp={fraud.delivery ?? ''} />
    </Detail>
  );
}

const BOUNDS = { HIGH: 'above 0.70', MEDIUM: 'above 0.40', LOW: '0.40 or less' } as const;

function Summary({ fraud }: { readonly fraud: FraudView }) {
  const copy = () => {
    copyText(fraud.transNum);
    toast('The transaction number is in the clipboard.');
  };
  return (
    <div style={{ padding: '0 14px 12px' }}>
      <div className="row">
        <span className="big">{money(fraud.amount)}</span>
        <span className="grow" />
        <span className="mono ink-2" title={fraud.transNum}>
          {shortId(fraud.transNum)}
        </span>
        <ActionIcon size="xs" onClick={copy} aria-label="Copy the transaction number">
          <Copy size={13} />
        </ActionIcon>
      </div>
      <div className="text ink-2">
        <span className="ink-1 strong">{fraud.merchant}</span> · {fraud.category} ·{' '}
        <span className="mono">{fraud.card}</span>
      </div>
    </div>
  );
}

function WhyFlagged({ fraud }: { readonly fraud: FraudView }) {
  return (
    <Section title="Why flagged" sub={whySub(fraud)}>
      {fraud.ruleBased && (
        <p className="note" style={{ marginBottom: 8 }}>
          Scored by rules, not by a model: {fraud.modelVersion}. The probability is a sum of points.
        </p>
      )}
      {fraud.contributions ? (
        <Contributions of={fraud} moved={fraud.contributions} />
      ) : fraud.explanation.length === 0 ? (
        <p className="text ink-3">The API gave no explanation.</p>
      ) : (
        <ul className="reasons text">
          {fraud.explanation.map((line) => (
            <li key={line}>{line.replace(/^-\s*/, '')}</li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function whySub({ ruleBased, contributions }: FraudView): string {
  if (ruleBased) return 'points of the rules';
  return contributions ? 'what moved the score, in log-odds' : 'what the model says';
}

/** What the model was asked with; an API that does not tell leaves it out. */
const SHAPE_WORDS = {
  stateless: 'knows this transaction alone',
  history: "knows the card's history",
  rules: 'none: five rules answered',
} as const;

function Inputs({ fraud }: { readonly fraud: FraudView }) {
  const zone = useZone();
  const place = [fraud.city, fraud.state].filter((part) => part !== null).join(', ');
  return (
    <Section title="Sent to the model" sub={fraud.ruleBased ? '' : fraud.modelVersion}>
      <dl className="facts">
        {fraud.shape !== null && <Row name="Model">{SHAPE_WORDS[fraud.shape]}</Row>}
        {fraud.transactionAt !== null && <Row name="Paid">{fullMoment(fraud.transactionAt, zone)}</Row>}
        <Row name="Holder">{fraud.initials}</Row>
        {place !== '' && <Row name="Home">{place}</Row>}
        {fraud.distanceKm !== null && <Row name="Home to merchant">{fraud.distanceKm.toFixed(1)} km</Row>}
        {fraud.defaultsUsed.length > 0 && (
          <Row name="Defaults used">
            <span className="tone-med">{fraud.defaultsUsed.join(', ')}</span>
          </Row>
        )}
      </dl>
    </Section>
  );
}

interface SectionProps {
  readonly title: string;
  readonly sub: string;
  readonly children: ReactNode;
}

function Section({ title, sub, children }: SectionProps) {
  return (
    <section className="section">
      <div className="row" style={{ marginBottom: 8 }}>
        <h2>{title}</h2>
        <span className="text ink-3 cut">{sub}</span>
      </div>
      {children}
    </section>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
