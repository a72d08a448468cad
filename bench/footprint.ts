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
import type { RemoteConsole } from '../src/console/control-client.ts';
import { bothRunning, connectHost, ROOT, startHost, until, type Host, type HostKind } from './support/host.ts';
import { processTree, sum, type ProcessCost } from './support/processes.ts';

/** After a start some work is still going on that is not idling. */
const SETTLING_MS = 20_000;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '200' },
    kind: { type: 'string', default: 'electron' },
    idle: { type: 'string', default: '60' },
  },
});

const kind = options.kind as HostKind;
const results = path.join(ROOT, 'test-results', 'bench');
mkdirSync(results, { recursive: true });
const display = kind === 'electron' ? await startDisplay() : null;
if (display) process.env['DISPLAY'] = display.name;

try {
  await onOwnHome({ PRODUCER_RATE: options.rate }, async (host, remote) => {
    await sleep(Number(options.minutes) * 60_000);
    const { table } = await remote.call('snapshot', {});
    tell('streaming', processTree(host.pid), { rows: table?.rows, rate: Number(options.rate) });
  });
  await onOwnHome({ PRODUCER_MODE: 'idle' }, async (host) => {
    await sleep(SETTLING_MS);
    const before = sum(processTree(host.pid), 'cpuSeconds');
    await sleep(Number(options.idle) * 1_000);
    const after = processTree(host.pid);
    const cpuPerSecond = (sum(after, 'cpuSeconds') - before) / Number(options.idle);
    tell('idle', after, { cpuPerSecond: Number(cpuPerSecond.toFixed(4)) });
  });
} finally {
  display?.stop();
}

/** A console that is new to its data folder, from both queries RUNNING on. */
async function onOwnHome(
  env: Readonly<Record<string, string>>,
  measure: (host: Host, remote: RemoteConsole) => Promise<void>,
): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'sluice-footprint-'));
  const host = await startHost({ kind, home, env, log: path.join(results, 'footprint.log') });
  try {
    const remote = await connectHost(home);
    await until(remote, 'running', bothRunning, 120_000);
    await measure(host, remote);
    remote.close();
  } finally {
    await host.stop();
    [clusterFolder(home), home].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  }
}

function tell(phase: string, costs: readonly ProcessCost[], facts: object): void {
  const byName = new Map<string, number>();
  for (const { name, pssMb } of costs) byName.set(name, (byName.get(name) ?? 0) + pssMb);
  const parts = Object.fromEntries([...byName].map(([name, mb]) => [name, Math.round(mb)]));
  console.log(JSON.stringify({ phase, kind, pssMb: Math.round(sum(costs, 'pssMb')), parts, ...facts }));
}
