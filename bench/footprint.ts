/**
 * What the whole app costs: memory after some minutes of streaming, and CPU when nothing happens. Window, threads and
 * PostgreSQL together, from /proc. `npm run bench -- footprint [--minutes 5] [--rate 200] [--kind electron|node]`
 */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { clusterFolder } from '../src/stack/embedded/cluster.ts';
import { startDisplay } from './support/display.ts';
import { bothRunning, connectHost, ROOT, startHost, until, type HostKind } from './support/host.ts';
import { processTree, sum, type ProcessCost } from './support/processes.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '200' },
    kind: { type: 'string', default: 'electron' },
    idle: { type: 'string', default: '60' },
  },
});

const kind = options.kind as HostKind;
const home = mkdtempSync(path.join(tmpdir(), 'sluice-footprint-'));
const results = path.join(ROOT, 'test-results', 'bench');
mkdirSync(results, { recursive: true });
const display = kind === 'electron' ? await startDisplay() : null;
if (display) process.env['DISPLAY'] = display.name;

const host = await startHost({ kind, home, log: path.join(results, 'footprint.log'), args: ['--rate', options.rate] });
try {
  const remote = await connectHost(home);
  await until(remote, 'running', bothRunning, 120_000);
  await sleep(Number(options.minutes) * 60_000);
  const streaming = await remote.call('snapshot', {});
  tell('streaming', processTree(host.pid), { rows: streaming.table?.rows, rate: options.rate });
  await remote.call('producer.pause', {});
  await until(remote, 'caught up', ({ lag }) => lag.bronze?.total === 0 && lag.alert?.total === 0, 300_000);
  await until(remote, 'told', ({ totals }) => totals?.deliveries.pending === 0, 1_800_000);
  remote.close();
  await sleep(5_000);
  const before = processTree(host.pid);
  await sleep(Number(options.idle) * 1_000);
  const after = processTree(host.pid);
  const cpu = (sum(after, 'cpuSeconds') - sum(before, 'cpuSeconds')) / Number(options.idle);
  tell('idle', after, { cpuPerSecond: Number(cpu.toFixed(4)) });
} finally {
  await host.stop();
  display?.stop();
  [home, clusterFolder(home)].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
}

function tell(phase: string, costs: readonly ProcessCost[], facts: object): void {
  const byName = new Map<string, number>();
  for (const { name, pssMb } of costs) byName.set(name, (byName.get(name) ?? 0) + pssMb);
  const parts = Object.fromEntries([...byName].map(([name, mb]) => [name, Math.round(mb)]));
  console.log(JSON.stringify({ phase, kind, pssMb: Math.round(sum(costs, 'pssMb')), parts, ...facts }));
}
