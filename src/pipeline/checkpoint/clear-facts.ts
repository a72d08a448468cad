/** What must be known before anybody can say what clearing a checkpoint will do. */
import type { ClearFrom, QueryName } from '../events.ts';
import type { Offsets } from '../ports.ts';

export interface ClearFacts {
  readonly query: QueryName;
  readonly from: ClearFrom;
  /** False: the offsets of the old checkpoint mean nothing in the topic as it is now. */
  readonly sameSource: boolean;
  /** True when the table holds no row that could be doubled. */
  readonly tableIsEmpty: boolean;
  readonly path: string;
  /** Folder that everything is moved to. */
  readonly trash: string;
  readonly queryId: string | null;
  /** Next to read after the newest committed batch; null when nothing is committed. */
  readonly committed: Offsets | null;
  readonly startsAt: Offsets;
  readonly startsFrom: string;
  readonly logStart: Offsets;
  readonly end: Offsets;
  readonly objects: number;
  readonly bytes: number;
}
