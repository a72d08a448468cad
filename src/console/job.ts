/** From settings and addresses to what one run of a query is told. Pure. */
import type { QueryName } from '../pipeline/events.ts';
import type { JobSettings, PostgresSettings, SlackSettings } from '../pipeline/job-settings.ts';
import { parseStartingOffsets } from '../pipeline/source/start.ts';
import type { Endpoints, ProducerSettings } from '../stack/stack.ts';
import type { Settings } from './settings.ts';

export interface JobParts {
  readonly query: QueryName;
  readonly settings: Settings;
  readonly endpoints: Endpoints;
  readonly slack: SlackSettings;
  /** A serving database of its own, or null. */
  readonly serving: PostgresSettings | null;
  readonly owner: JobSettings['owner'];
}

export function buildJob({ query, settings, endpoints, slack, serving, owner }: JobParts): JobSettings {
  return {
    query,
    checkpoint: endpoints.lakehouse.checkpoint[query],
    table: endpoints.lakehouse.table,
    quarantine: endpoints.lakehouse.quarantine[query],
    source: endpoints.source,
    startingOffsets: parseStartingOffsets(
      settings[`${query}.startingOffsets`],
      endpoints.source.topic,
      `${query}.startingOffsets`,
    ),
    runs: 'until-stopped',
    triggerMs: settings[`${query}.trigger`],
    maxOffsetsPerTrigger: settings[`${query}.maxOffsetsPerTrigger`],
    failOnDataLoss: settings[`${query}.failOnDataLoss`],
    alert: {
      // The database that is captured serves as well, unless another one is set.
      serving: serving ?? endpoints.serving,
      servingDatabase: serving ? 'separate' : 'captured',
      captured: endpoints.serving,
      fraudApiUrl: endpoints.fraudApiUrl,
      engine: settings['alert.engine'],
      slack,
      suppressOlderThanMs: settings['alert.suppressOlderThan'],
      delivery: {
        onAmbiguous: settings['alert.onAmbiguous'],
        joinCardMs: settings['alert.joinCardWithin'],
        stormPerMinute: settings['alert.stormPerMinute'],
        quietHours: settings['alert.quietHours'],
        linkBase: settings['alert.linkBase'],
      },
    },
    owner,
  };
}

export function producerSettings(settings: Settings): ProducerSettings {
  return {
    mode: settings['producer.mode'],
    rate: settings['producer.rate'],
    rows: settings['producer.rows'],
    seed: settings['producer.seed'],
    csv: settings['producer.csv'],
    timeScale: settings['producer.timeScale'],
  };
}
