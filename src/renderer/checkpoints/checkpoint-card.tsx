import { Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { QueryView } from '../../console/contract.ts';
import type { CheckpointView, LeaseView } from '../../pipeline/events.ts';
import { useNow } from '../clock.ts';
import { Act, TITLES } from '../components/query-actions.tsx';
import { Path } from '../components/path.tsx';
import { Empty } from '../components/states.tsx';
import { queryWord, Status } from '../components/status.tsx';
import { bytes, longSpan, moment, plural } from '../format.ts';
import { useZone } from '../preferences.ts';
import { OffsetsFile } from './offsets-file.tsx';

interface CheckpointCardProps {
  readonly query: QueryView;
  readonly checkpoint: CheckpointView | null;
  readonly stackUp: boolean;
  readonly onClear: () => void;
}

export function CheckpointCard({ query, checkpoint, stackUp, onClear }: CheckpointCardProps) {
  const title = TITLES[query.name];
  return (
    <section className="card" aria-label={`Checkpoint of ${title}`}>
      <div className="card-head" style={{ minHeight: 44 }}>
        <h2 style={{ fontSize: 15 }}>{title}</h2>
        <Status word={queryWord(query)} />
        <span className="grow" />
        <Act
          label={`Clear ${title}…`}
          icon={<Trash2 size={13} />}
          why={whyNoClearing(query, checkpoint, stackUp)}
          busy={false}
          act={onClear}
        />
      </div>
      {checkpoint?.exists ? (
        <Content checkpoint={checkpoint} running={query.state === 'RUNNING' || query.runner !== null} />
      ) : (
        <Empty title={checkpoint ? 'No checkpoint yet' : 'Not read yet'}>
          <p>
            {title} makes its checkpoint when it starts for the first time: metadata, then the offsets of its first
            batch.
          </p>
        </Empty>
      )}
    </section>
  );
}

function whyNoClearing(query: QueryView, checkpoint: CheckpointView | null, stackUp: boolean): string | null {
  if (!stackUp) return 'The stack is not up yet.';
  if (!checkpoint?.exists) return 'There is nothing to clear.';
  return query.runner?.owner ? `${query.headline} It must be stopped there first.` : null;
}

function Content({ checkpoint, running }: { readonly checkpoint: CheckpointView; readonly running: boolean }) {
  const now = useNow();
  const { path, queryId, lastOffsets, lastCommit, objects, newestAt, owner, offsetsText, offsetsName } = checkpoint;
  return (
    <div className="card-body col gap-3">
      <dl className="facts">
        <Row name="Folder">
          <Path text={path} />
        </Row>
        <Row name="Query id">
          <Path text={queryId ?? 'none'} />
        </Row>
        <Row name="Last planned">
          <span className="mono">{lastOffsets === null ? 'none' : `offsets/${lastOffsets}`}</span>
        </Row>
        <Row name="Last confirmed">
          <span className="row wrap">
            <span className="mono">{lastCommit === null ? 'none' : `commits/${lastCommit}`}</span>
            <Doubt checkpoint={checkpoint} running={running} />
          </span>
        </Row>
        <Row name="Stored">
          {plural(objects, 'object')}, {bytes(checkpoint.bytes)}
          {newestAt !== null && `, newest ${longSpan(now - newestAt)} old`}
        </Row>
        <Row name="Owner">{owner ? <Owner owner={owner} /> : 'nobody: any console may start it'}</Row>
      </dl>
      {offsetsText !== null && offsetsName !== null && <OffsetsFile name={offsetsName} text={offsetsText} />}
    </div>
  );
}

/** A batch in doubt is planned and not confirmed: normal while it runs, settled with the same range otherwise. */
function Doubt({ checkpoint, running }: { readonly checkpoint: CheckpointView; readonly running: boolean }) {
  if (!checkpoint.inDoubt) return <Status word="OK" text="nothing in doubt" />;
  const batch = `batch ${checkpoint.lastOffsets}`;
  if (running) return <Status word="STARTING" text={`${batch} under way`} />;
  return <Status word="WARN" text={`${batch} in doubt, settled at the next start`} />;
}

function Owner({ owner }: { readonly owner: LeaseView }) {
  const now = useNow();
  const zone = useZone();
  return (
    <span title={`Run ${owner.runId}, epoch ${owner.epoch}, since ${moment(owner.since, now, zone)}`}>
      {owner.engine === 'spark' && 'Spark on '}
      {owner.host}, process <span className="mono">{owner.pid}</span>, lease renewed {longSpan(now - owner.renewedAt)}{' '}
      ago
    </span>
  );
}

export function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
