import type { FraudView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { deliveryWord, Risk, StatusMark } from '../components/status.tsx';
import { Table, type Column } from '../components/table.tsx';
import { money, moment } from '../format.ts';
import { useZone } from '../preferences.ts';
import { reasonsOf } from './input-words.ts';

interface FraudListProps {
  readonly frauds: readonly FraudView[];
  readonly chosen: string | null;
  readonly onChoose: (fraud: FraudView | null) => void;
}

export function FraudList({ frauds, chosen, onChoose }: FraudListProps) {
  const zone = useZone();
  const now = useNow();
  const columns: readonly Column<FraudView>[] = [
    {
      title: 'Scored',
      width: 76,
      cell: ({ predictedAt }) => (
        <Two a={lastPart(moment(predictedAt, now, zone))} b={firstPart(moment(predictedAt, now, zone))} plain />
      ),
    },
    { title: 'Risk', width: 126, cell: ({ level, probability }) => <Risk level={level} probability={probability} /> },
    {
      title: 'Merchant',
      cell: ({ merchant, category, card }) => (
        <Two a={merchant} b={chosen === null ? `${category} · ${card}` : category} />
      ),
    },
    ...(chosen === null ? [WHY] : []),
    {
      title: 'Amount',
      width: 112,
      numeric: true,
      cell: ({ amount, ...fraud }) => <Two a={money(amount)} b={place(fraud)} />,
    },
    { title: 'Slack', width: 48, cell: ({ delivery }) => delivery && <StatusMark word={deliveryWord(delivery)} /> },
  ];
  return (
    <Table
      label="Frauds, newest first"
      columns={columns}
      rows={frauds}
      rowKey={({ transNum }) => transNum}
      chosen={chosen}
      onChoose={onChoose}
      rowHeight={44}
    />
  );
}

interface TwoProps {
  readonly a: string;
  readonly b: string;
  readonly plain?: boolean;
}

function Two({ a, b, plain = false }: TwoProps) {
  return (
    <span className="col">
      <span className={plain ? '' : 'ink-1 strong cut'} title={plain ? undefined : a}>
        {a}
      </span>
      {b !== '' && <span className="small ink-3 cut">{b}</span>}
    </span>
  );
}

/** What raised the score most; beside an open fraud its detail tells it. */
const WHY: Column<FraudView> = {
  title: 'Why',
  cell: (fraud) => {
    const [first = '', second = ''] = reasonsOf(fraud);
    return (
      <span className="col">
        <span className="ink-2 cut" title={first}>
          {first}
        </span>
        <span className="small ink-3 cut">{second}</span>
      </span>
    );
  },
};

// A moment of another day is `21 Nov 14:32:07`: the time stands above, the date below.
const lastPart = (text: string): string => text.split(' ').at(-1) ?? text;
const firstPart = (text: string): string => text.split(' ').slice(0, -1).join(' ');

function place({ state, distanceKm }: Pick<FraudView, 'state' | 'distanceKm'>): string {
  return [state, distanceKm === null ? null : `${distanceKm.toFixed(1)} km`]
    .filter((part) => part !== null)
    .join(' · ');
}
