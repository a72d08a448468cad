/** The faults of the matrix: what is done to a server or to the way to it, for how long, and how it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Proxy, Toxic } from '../../test/support/proxy.ts';

/** A server in a process of its own, reached through a proxy. */
export interface Target {
  readonly proxy: Proxy;
  readonly pid: () => number;
  end(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
}

export interface Fault {
  readonly name: string;
  /** Of the server itself: not for a target that runs within another program. */
  readonly ofServer: boolean;
  /** Resolves when the fault is over, and with it everything that stood in the way. */
  run(target: Target): Promise<void>;
}

const SHORT_MS = 15_000;
const DOWN_MS = 5_000;

const toxic = (name: string, what: Toxic, ms: number): Fault => ({
  name,
  ofServer: false,
  run: async ({ proxy }) => {
    const remove = proxy.add(what, 'both');
    await sleep(ms);
    remove();
  },
});

const ending = (name: string, signal: NodeJS.Signals): Fault => ({
  name,
  ofServer: true,
  run: async (target) => {
    await target.end(signal);
    await sleep(DOWN_MS);
    await target.start();
  },
});

export const FAULTS: readonly Fault[] = [
  {
    name: 'refuse 15 s',
    ofServer: false,
    run: async ({ proxy }) => {
      await proxy.down();
      await sleep(SHORT_MS);
      await proxy.up();
    },
  },
  toxic('reset each connection, 15 s', { type: 'reset_peer', timeout: 200 }, SHORT_MS),
  toxic('cut answers after 20 KB, 15 s', { type: 'limit_data', bytes: 20_000, then: 'reset' }, SHORT_MS),
  toxic('latency 1000 ms +-50 %, 20 s', { type: 'latency', latency: 1_000, jitter: 500 }, 20_000),
  toxic('10 KB/s, 20 s', { type: 'bandwidth', bytesPerSecond: 10_240 }, 20_000),
  {
    name: 'half-open',
    ofServer: false,
    run: async ({ proxy }) => proxy.halfOpen(),
  },
  toxic('blackhole 30 s', { type: 'blackhole' }, 30_000),
  {
    name: 'flap 1 s, 15 s',
    ofServer: false,
    run: async ({ proxy }) => {
      const stop = proxy.flap(1_000, 1_000);
      await sleep(SHORT_MS);
      await stop();
    },
  },
  ending('kill -9, 5 s down', 'SIGKILL'),
  ending('SIGTERM, 5 s down', 'SIGTERM'),
  {
    name: 'SIGSTOP 60 s',
    ofServer: true,
    run: async ({ pid }) => {
      process.kill(pid(), 'SIGSTOP');
      await sleep(60_000);
      process.kill(pid(), 'SIGCONT');
    },
  },
];
