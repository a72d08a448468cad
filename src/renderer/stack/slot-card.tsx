/** The replication slot: how much log PostgreSQL keeps for it, how that grows, and when it is lost. */
import type { CaptureView, ErrorView, SlotView } from '../../console/contract.ts';
import type { Point, Series } from '../components/chart-points.ts';
import { Chart } from '../components/chart.tsx';
import { Card, Fact } from '../components/page.tsx';
import { Empty, Failure, LoadingRows } from '../components/states.tsx';
import { edge, Status } from '../components/status.tsx';
import { bytes, longSpan, sizeUnit } from '../format.ts';
import { slotState } from './words.ts';

interface SlotCardProps {
  readonly view: CaptureView | null;
  readonly failure: ErrorView | null;
}

export function SlotCard({ view, failure }: SlotCardProps) {
  if (failure) return null;
  if (!view) {
    return (
      <Card title="Replication slot">
        <LoadingRows rows={4} />
      </Card>
    );
  }
  const { slot, slotName, slotError } = view;
  const shown = slot ? slotState(slot) : null;
  return (
    <Card
      className={shown && shown.word !== 'OK' ? edge(shown.word) : ''}
      title={
        <>
          <h2>Replication slot</h2>
          <span className="mono ink-2">{slotName}</span>
        </>
      }
      actions={shown && <Status {...shown} />}
    >
      <div className="card-body">
        {slotError && <Failure error={slotError} />}
        {!slot && !slotError && (
          <Empty title="There is no slot of this name">
            <p>The change capture makes it when it starts for the first time. Until then no change is kept for it.</p>
          </Empty>
        )}
        {slot && <Known view={view} slot={slot} />}
      </div>
    </Card>
  );
}

const SERIES: readonly Series[] = [{ name: 'Log kept', color: 'var(--accent)' }];

function Known({ view, slot }: { readonly view: CaptureView; readonly slot: SlotView }) {
  const { growth, samples } = view;
  const unit = sizeUnit(Math.max(0, ...samples.map(({ retainedBytes }) => retainedBytes)));
  const points: Point[] = samples.map(({ at, retainedBytes }) => ({ at, values: [retainedBytes / unit.bytes] }));
  return (
    <div className="col gap-3">
      <div className="slot-facts">
        <Fact label="Log kept for it">{bytes(slot.retainedBytes)}</Fact>
        <Fact label="Not confirmed">{bytes(slot.unconfirmedBytes)}</Fact>
        <Fact label="Grows by">{pace(growth.perMinute)}</Fact>
        <Fact label={growth.lostInMs === null ? 'Limit' : `Limit in ${longSpan(growth.lostInMs)}`}>
          {slot.limitBytes === null ? 'none' : bytes(slot.limitBytes)}
        </Fact>
        {slot.limitBytes !== null && <Meter slot={slot} limit={slot.limitBytes} />}
      </div>
      <p className="text ink-2">
        {consequence(slot)} Confirmed flush <span className="mono">{slot.confirmedLsn ?? 'none'}</span>, current{' '}
        <span className="mono">{slot.currentLsn}</span>.
      </p>
      <span className="label">{unit.name} kept, last 30 min</span>
      <Chart
        label={`Log kept for the slot, ${unit.name}`}
        points={points}
        series={SERIES}
        kind="lines"
        height={104}
        format={(value) => bytes(value * unit.bytes)}
        empty={
          <Empty title="No sample yet">
            <p>The slot is looked at every 5 s while the stack is up.</p>
          </Empty>
        }
      />
    </div>
  );
}

function pace(perMinute: number | null): string {
  if (perMinute === null) return '–';
  if (Math.abs(perMinute) < 1024) return '0 B/min';
  return `${perMinute < 0 ? '−' : ''}${bytes(Math.abs(perMinute))}/min`;
}

function consequence({ wal, limitBytes, active }: SlotView): string {
  if (wal === 'lost')
    return 'PostgreSQL has dropped its log: the slot can only be made anew, with a snapshot of all rows.';
  if (limitBytes !== null)
    return `Past ${bytes(limitBytes)} PostgreSQL drops the slot’s log, and the capture needs a new snapshot.`;
  if (!active) return 'Nobody reads it: PostgreSQL keeps its log until the disk is full.';
  return 'There is no limit: PostgreSQL keeps what is not read yet, as long as the disk has room.';
}

function Meter({ slot, limit }: { readonly slot: SlotView; readonly limit: number }) {
  const share = Math.min(1, slot.retainedBytes / limit);
  const percent = `${Math.round(share * 100)}%`;
  const tone = share > 0.75 ? 'var(--fail)' : share > 0.25 || !slot.active ? 'var(--med)' : 'var(--accent)';
  return (
    <div className="col slot-meter">
      <div className="meter" role="img" aria-label={`${percent} of the limit`}>
        <i style={{ width: percent, background: tone }} />
      </div>
      <span className="small ink-3 nowrap">
        {percent} of <span className="mono">max_slot_wal_keep_size</span>
      </span>
    </div>
  );
}
