/** `sluice table`: how the Bronze table is, what happened to it, and looking after it by hand. */
import { count } from '../console/words.ts';
import type { OptimizeResult, TableHealth, TableVersion, VacuumResult } from '../pipeline/events.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export type TableTask =
  | { readonly what: 'health' }
  | { readonly what: 'history'; readonly limit: number }
  | { readonly what: 'optimize'; readonly dryRun: boolean }
  | { readonly what: 'vacuum'; readonly delete: boolean };

export function table(terminal: Terminal, task: TableTask, json: boolean): Promise<number> {
  return withConsole(terminal, async (console) => {
    const tell = <T>(answer: T, lines: (answer: T) => string[]): void =>
      json ? terminal.out(JSON.stringify(answer)) : lines(answer).forEach(terminal.out);
    switch (task.what) {
      case 'health':
        tell(await console.call('table.health', {}), healthLines);
        return EXIT.well;
      case 'history':
        tell((await console.call('table.history', { limit: task.limit })).versions, historyLines);
        return EXIT.well;
      case 'optimize':
        tell(await console.call('table.optimize', { dryRun: task.dryRun }), optimizeLines);
        return task.dryRun ? EXIT.usage : EXIT.well;
      case 'vacuum':
        tell(await console.call('table.vacuum', { delete: task.delete }), vacuumLines);
        return task.delete ? EXIT.well : EXIT.usage;
    }
  });
}

export function healthLines(health: TableHealth): string[] {
  const { version, oldestVersion, checkpointVersion, filesPerPartition, findings } = health;
  if (version === null) return [`Table    ${health.path}`, 'Health   there is no table yet'];
  const since = count(health.commitsSinceCheckpoint, 'commit');
  const checkpoint =
    checkpointVersion === null ? 'no checkpoint yet' : `checkpoint at version ${checkpointVersion}, ${since} since`;
  return [
    `Table    ${health.path}`,
    `Rows     ${count(health.rows, 'row')} in ${count(health.files, 'file')}, ${size(health.bytes)}`,
    `Log      version ${version}, back to ${oldestVersion ?? version}; ${checkpoint}; ${size(health.logBytes)}`,
    `Files    ${count(health.partitions, 'partition')}, ${filesPerPartition.median} files in the middle one, ${filesPerPartition.max} in the fullest; ${health.mergeable} could become ${health.mergedInto}`,
    `Left     ${count(health.orphans, 'file')} that nothing refers to, ${size(health.orphanBytes)}; ${health.deletable} of them old enough to go`,
    ...(findings.length === 0 ? ['Health   all is well'] : findings.map((finding) => `Note     ${finding}`)),
  ];
}

export function historyLines(versions: readonly TableVersion[]): string[] {
  return versions.map(({ version, at, operation, batchId, rows, filesAdded, filesRemoved, engine }) => {
    const time = at === null ? '-' : new Date(at).toISOString().replace('T', ' ').slice(0, 19);
    const what = [
      ...(batchId === null ? [] : [`batch ${batchId}`]),
      ...(rows === null ? [] : [count(rows, 'row')]),
      `+${filesAdded} -${filesRemoved} files`,
    ];
    return `${String(version).padStart(8)}  ${time}  ${operation.padEnd(16)}  ${what.join(', ')}  ${engine ?? ''}`.trimEnd();
  });
}

export function optimizeLines({ dryRun, ...result }: OptimizeResult): string[] {
  const { filesRemoved, filesAdded, partitions, versions, gaveUp, rows } = result;
  if (filesAdded === 0) return ['Nothing to put together: every partition has few files, or large ones.'];
  const what = `${count(filesRemoved, 'small file')} of ${count(partitions, 'partition')} into ${count(filesAdded, 'file')} (${count(rows, 'row')}, ${size(result.bytesRead)})`;
  if (dryRun) return [`Would put ${what}. Nothing was changed.`];
  const lines = [`Put ${what}, version ${versions.join(', ') || 'none'}.`];
  if (gaveUp > 0) lines.push(`Gave up ${count(gaveUp, 'file')}: somebody had removed what they were made of.`);
  return [
    ...lines,
    'The small files stay for a week for readers of older versions; `sluice table vacuum` takes them then.',
  ];
}

export function vacuumLines({ files, bytes, young, deleted, dryRun, examples }: VacuumResult): string[] {
  const waiting =
    young === 0 ? [] : [`${count(young, 'file')} that nothing refers to must still wait: younger than a week.`];
  if (files === 0) return ['Nothing to delete.', ...waiting];
  const what = `${count(files, 'file')}, ${size(bytes)}`;
  if (!dryRun) return [`Deleted ${count(deleted, 'file')} of ${what}.`, ...waiting];
  return [
    `Would delete ${what}:`,
    ...examples.map((key) => `  ${key}`),
    ...(files > examples.length ? [`  and ${files - examples.length} more`] : []),
    ...waiting,
    'Nothing was deleted; say "sluice table vacuum --delete" to do it.',
  ];
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
