import type { RunSummary } from '../console/console.ts';
import { count, duration } from '../console/words.ts';

/** The summary of a run as a person reads it. */
export function summaryLines({ bronze, alert, seconds }: RunSummary): string[] {
  const version = bronze.deltaVersion === null ? 'no commit' : `Delta version ${bronze.deltaVersion}`;
  return [
    `Ran for ${duration(seconds * 1_000)}. Stored in all:`,
    `  Bronze  ${count(bronze.rows, 'row')} in ${count(bronze.batches, 'batch').replace('batchs', 'batches')}, ${version}, ${count(bronze.deadLetters, 'dead letter')}`,
    `          ${bronze.table}`,
    `          ${bronze.checkpoint}`,
    `  Alert   ${count(alert.predictions, 'prediction')}, ${count(alert.frauds, 'fraud')}, ${count(alert.alerts, 'alert')} accepted, ${count(alert.deadLetters, 'dead letter')}`,
    `          ${alert.checkpoint}`,
  ];
}
