/** How changes leave PostgreSQL, as a face shows it: the connector where there is one, and the slot. */
import type { ErrorView } from '../../pipeline/errors.ts';
import type { ConfigChange } from './config.ts';
import type { ConnectorView } from './connector.ts';
import type { SlotGrowth, SlotSample } from './growth.ts';
import type { SlotView } from './slot.ts';

export interface CaptureView {
  readonly at: number;
  /** Null on the embedded stack, which captures by itself, and where no Kafka Connect is known. */
  readonly connector: ConnectorCard | null;
  /** Why there is no connector to show, as a sentence. */
  readonly without: string | null;
  /** Why Kafka Connect could not be asked. */
  readonly connectorError: ErrorView | null;
  /** Null when there is none of this name, or when it could not be asked. */
  readonly slot: SlotView | null;
  readonly slotName: string;
  readonly slotError: ErrorView | null;
  readonly growth: SlotGrowth;
  /** Oldest first, bounded. */
  readonly samples: readonly SlotSample[];
}

export interface ConnectorCard extends ConnectorView {
  readonly url: string;
  /** What Sluice would change to have it as it wants it. */
  readonly changes: readonly ConfigChange[];
  /** The last restart that this console asked for, and how it settled. */
  readonly lastRestart: { readonly at: number; readonly settled: ConnectorView['state'] } | null;
}
