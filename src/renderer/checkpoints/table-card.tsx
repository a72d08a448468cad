import { useNow } from '../clock.ts';
import { Card } from '../components/page.tsx';
import { bytes, count, moment, plural } from '../format.ts';
import { useZone } from '../preferences.ts';
import { usePart } from '../store.ts';
import { Row } from './checkpoint-card.tsx';

/** The table beside its checkpoint: what "continue from the table" continues from. */
export function TableCard() {
  const table = usePart('table');
  const zone = useZone();
  const now = useNow();
  if (!table) return null;
  return (
    <Card title="Delta table" sub="every commit carries its batch and its offsets">
      <div className="card-body">
        <dl className="facts">
          <Row name="Folder">
            <span className="mono">{table.path}</span>
          </Row>
          <Row name="Version">{table.version === null ? 'not made yet' : `v${table.version}`}</Row>
          <Row name="Rows">
            {count(table.rows)} in {plural(table.files, 'file')}, {bytes(table.bytes)}
          </Row>
          <Row name="Last commit">{table.lastCommitAt === null ? 'none' : moment(table.lastCommitAt, now, zone)}</Row>
        </dl>
      </div>
    </Card>
  );
}
