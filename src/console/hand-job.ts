/** From the settings of a run by hand to what its query is told. */
import type { JobSettings } from '../pipeline/job-settings.ts';
import { parseStartingOffsets } from '../pipeline/source/start.ts';
import type { HandSettings } from './hand-settings.ts';
import { toCheckpoint, toKafka, toQuarantine, toTable } from './servers.ts';

export interface HandJobParts {
  readonly resolved: HandSettings;
  readonly cwd: string;
  readonly runs: JobSettings['runs'];
  readonly owner: JobSettings['owner'];
}

export function buildHandJob({ resolved, cwd, runs, owner }: HandJobParts): JobSettings {
  const { settings, where } = resolved;
  const source = toKafka(resolved, cwd);
  const from = settings['bronze.startingOffsets'];
  return {
    query: 'bronze',
    checkpoint: toCheckpoint(resolved, 'bronze', cwd),
    table: toTable(resolved, cwd),
    quarantine: toQuarantine(resolved, 'bronze', cwd),
    source,
    startingOffsets: parseStartingOffsets(from, source.topic, where('bronze.startingOffsets')),
    runs,
    // What is available now is read without a pause, as Spark does it.
    triggerMs: runs === 'available-now' ? 0 : settings['bronze.trigger'],
    maxOffsetsPerTrigger: settings['bronze.maxOffsetsPerTrigger'],
    failOnDataLoss: settings['bronze.failOnDataLoss'],
    alert: null,
    owner,
  };
}
