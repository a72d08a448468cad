import type { QueryProgress } from '../../pipeline/events.ts';
import { bytes, count, offset, plural, preciseClock, span } from '../format.ts';
import { useZone } from '../preferences.ts';
import { link } from '../route.ts';
import { useView } from '../store.ts';
import { PHASES } from './phase-bar.tsx';

/** One batch opened: which offsets, what became of the records, what the log said. */
export function BatchDetail({ batch }: { readonly batch: QueryProgress }) {
  return (
    <div className="batch-detail">
      <Offsets batch={batch} />
      <Outcome batch={batch} />
      <Phases batch={batch} />
      <BatchLog batch={batch} />
    </div>
  );
}

function Offsets({ batch }: { readonly batch: QueryProgress }) {
  const { startOffset, endOffset } = batch.sources[0];
  return (
    <section>
      <h3>Offsets read, start included, end not</h3>
      <table className="mini-table">
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col">Start</th>
            <th scope="col">End</th>
            <th scope="col">Offsets</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(endOffset).map(([partition, end]) => (
            <tr key={partition}>
              <th scope="row">p{partition}</th>
              <td>{offset(startOffset[partition] ?? '0')}</td>
              <td>{offset(end)}</td>
              <td>{offset(String(BigInt(end) - BigInt(startOffset[partition] ?? '0')))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Outcome({ batch }: { readonly batch: QueryProgress }) {
  const { x, sink, numInputRows } = batch;
  const facts: readonly (readonly [string, string | null])[] = [
    ['Written', batch.name === 'bronze' ? count(sink.numOutputRows) : null],
    ['NEW', known(x.newTransactions)],
    ['Existed already', known(x.existingTransactions)],
    ['Scored', known(x.predictions)],
    ['Pending', known(x.pending)],
    ['Frauds', known(x.frauds)],
    ['Skipped', count(x.skips)],
    ['Dead letters', count(x.deadLetters)],
    ['Coercion notes', count(x.coercionNotes)],
    ['Delta version', x.deltaVersion === undefined ? null : `v${x.deltaVersion}`],
    ['Files', x.files === undefined ? null : `${x.files}${x.bytes === undefined ? '' : `, ${bytes(x.bytes)}`}`],
    ['Settled after a crash', x.recovered ? 'yes, same range' : null],
  ];
  return (
    <section>
      <h3>What became of {plural(numInputRows, 'record')}</h3>
      <dl className="pairs">
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}

function Phases({ batch }: { readonly batch: QueryProgress }) {
  return (
    <section>
      <h3>Where {span(batch.durationMs.triggerExecution)} went</h3>
      <dl className="pairs">
        {PHASES.map(([name, color]) => (
          <div key={name}>
            <dt className="legend">
              <i className="box" style={{ color }} />
              {name}
            </dt>
            <dd>{span(batch.durationMs[name])}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const LINES = 6;

function BatchLog({ batch }: { readonly batch: QueryProgress }) {
  const zone = useZone();
  const logs = useView((view) => view.logs);
  const lines = logs.filter(({ source, batchId }) => source === batch.name && batchId === batch.batchId).slice(-LINES);
  return (
    <section>
      <div className="row">
        <h3>Log of this batch</h3>
        <span className="grow" />
        <a className="link text" href={link('logs', `Batch ${batch.batchId}:`)}>
          Open in Logs
        </a>
      </div>
      {lines.length === 0 && (
        <p className="text ink-3">Its lines are no longer in the window; the log file has them.</p>
      )}
      {lines.map((line) => (
        <div key={line.id} className={`mono cut ${line.level === 'error' ? 'tone-fail' : ''}`} title={line.message}>
          <span className="ink-3">{preciseClock(line.at, zone)}</span> {line.message}
        </div>
      ))}
    </section>
  );
}

const known = (value: number | undefined): string | null => (value === undefined ? null : count(value));
