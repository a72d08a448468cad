import type { DeliveryView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { deliveryWord, Risk, Status } from '../components/status.tsx';
import { Table, type Column } from '../components/table.tsx';
import { longSpan, money, moment, shortId } from '../format.ts';
import { useZone } from '../preferences.ts';

interface DeliveryTableProps {
  readonly deliveries: readonly DeliveryView[];
  readonly chosen: string | null;
  readonly onChoose: (delivery: DeliveryView | null) => void;
}

export function DeliveryTable({ deliveries, chosen, onChoose }: DeliveryTableProps) {
  const zone = useZone();
  const now = useNow();
  const columns: readonly Column<DeliveryView>[] = [
    { title: 'Stored', width: 122, cell: ({ createdAt }) => moment(createdAt, now, zone) },
    { title: 'State', width: 122, cell: ({ state }) => <Status word={deliveryWord(state)} /> },
    { title: 'Risk', width: 96, cell: ({ level }) => <Risk level={level} /> },
    { title: 'Merchant', cell: ({ merchant }) => <b title={merchant}>{merchant}</b> },
    {
      title: 'Card',
      width: 132,
      cell: ({ initials, card }) => (
        <>
          {initials} <span className="mono">{card}</span>
        </>
      ),
    },
    { title: 'Amount', width: 96, numeric: true, cell: ({ amount }) => <b>{money(amount)}</b> },
    { title: 'Tries', width: 56, numeric: true, cell: ({ attempts }) => attempts },
    { title: 'Stored to Slack', width: 108, numeric: true, cell: (each) => delay(each, now) },
    {
      title: 'Transaction',
      width: 132,
      cell: ({ transNum }) => (
        <span className="mono" title={transNum}>
          {shortId(transNum)}
        </span>
      ),
    },
  ];
  // Beside an open message there is room for what tells one from the other, and no more.
  const narrow = chosen !== null;
  return (
    <Table
      label="Messages, newest first"
      columns={columns.filter(({ title }) => !narrow || !WIDE_ONLY.includes(title))}
      rows={deliveries}
      rowKey={({ transNum }) => transNum}
      chosen={chosen}
      onChoose={onChoose}
    />
  );
}

const WIDE_ONLY: readonly string[] = ['Card', 'Tries', 'Stored to Slack', 'Transaction'];

/** How long it took, or when it is tried next. */
function delay({ createdAt, sentAt, nextAt, state }: DeliveryView, now: number): string {
  if (sentAt !== null) return longSpan(sentAt - createdAt);
  if (state !== 'pending' || nextAt === null) return '–';
  return nextAt > now ? `next in ${longSpan(nextAt - now)}` : 'next';
}
