import type { FraudView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { Card } from '../components/page.tsx';
import { Empty, LoadingRows } from '../components/states.tsx';
import { deliveryWord, Risk, Status } from '../components/status.tsx';
import { Table, type Column } from '../components/table.tsx';
import { money, moment } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { usePart } from '../store.ts';

/** The newest frauds; each row is a door to the feed. */
export function LatestAlerts() {
  const frauds = usePart('frauds');
  return (
    <Card
      title="Latest alerts"
      className="latest"
      actions={
        <a className="link text" href={link('feed')}>
          Open the feed
        </a>
      }
    >
      {frauds === null && <LoadingRows rows={3} />}
      {frauds?.length === 0 && (
        <Empty title="No fraud found yet">
          <p>
            Alerts appear here as soon as Alert has scored a transaction as fraud. A suspicious test transaction shows
            the way.
          </p>
        </Empty>
      )}
      {frauds && frauds.length > 0 && <AlertTable frauds={frauds.slice(0, 8)} />}
    </Card>
  );
}

function AlertTable({ frauds }: { readonly frauds: readonly FraudView[] }) {
  const zone = useZone();
  const now = useNow();
  const columns: readonly Column<FraudView>[] = [
    { title: 'Scored', width: 118, cell: ({ predictedAt }) => moment(predictedAt, now, zone) },
    { title: 'Risk', width: 132, cell: ({ level, probability }) => <Risk level={level} probability={probability} /> },
    { title: 'Merchant', cell: ({ merchant }) => <b title={merchant}>{merchant}</b> },
    { title: 'Category', width: 120, cell: ({ category }) => category },
    { title: 'Amount', width: 100, numeric: true, cell: ({ amount }) => <b>{money(amount)}</b> },
    { title: 'Card', width: 92, cell: ({ card }) => <span className="mono">{card}</span> },
    { title: 'State', width: 56, cell: ({ state }) => state ?? '–' },
    { title: 'From home', width: 92, numeric: true, cell: ({ distanceKm }) => distance(distanceKm) },
    { title: 'Slack', width: 120, cell: ({ delivery }) => delivery && <Status word={deliveryWord(delivery)} /> },
  ];
  return (
    <Table
      label="Latest alerts"
      columns={columns}
      rows={frauds}
      rowKey={({ transNum }) => transNum}
      onChoose={(fraud) => fraud && (location.hash = link('feed', 'one', fraud.transNum))}
    />
  );
}

const distance = (km: number | null): string => (km === null ? '–' : `${km.toFixed(1)} km`);
