/** This machine: the data folder, room on its disks, ports, docker. */
import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toErrorView } from '../../../pipeline/errors.ts';
import { byHand, failed, passed, warned, type Check } from '../check.ts';
import type { DockerTool, Instruments } from '../instruments.ts';
import { isOpenToOthers, type Listener } from '../listeners.ts';
import type { Patient, WantedPort } from '../patient.ts';
import type { Finding } from '../report.ts';
import { bytes } from '../words.ts';

const GIB = 1024 ** 3;
/** Below the first nothing can be promised, below the second somebody should look. */
const LEAST_FREE = GIB;
const LITTLE_FREE = 5 * GIB;
const NO_DOCKER = 'this profile runs nothing in docker';

export function machineChecks(patient: Patient): Check[] {
  const docker = patient.profile === 'docker' ? null : NO_DOCKER;
  return [
    {
      id: 'data-folder',
      group: 'machine',
      title: 'Data folder can be written',
      looked: patient.home,
      needs: [],
      skip: null,
      look: () => lookAtFolder(patient.home),
    },
    {
      id: 'disk',
      group: 'machine',
      title: 'Disk has room',
      looked: `the disk of ${patient.home}`,
      needs: ['data-folder'],
      skip: null,
      look: (tools) =>
        lookAtDisk(tools, patient.home, 'Free some space, or set SLUICE_HOME to a folder on another disk.'),
    },
    {
      id: 'docker',
      group: 'machine',
      title: 'Docker and compose answer',
      looked: 'the docker command',
      needs: [],
      skip: docker,
      look: (tools) => lookAtDocker(tools.docker),
    },
    {
      id: 'docker-disk',
      group: 'machine',
      title: 'Docker has room',
      looked: 'the disk where docker keeps images and volumes',
      needs: ['docker'],
      skip: docker,
      look: async (tools) => {
        const root = await needed(tools.docker).root();
        const seen = await stat(root).catch(() => null);
        // An engine in a virtual machine keeps its disk there.
        if (!seen) return passed(`${root} is not on this machine’s own disks`, 'more than 5 GB free');
        return lookAtDisk(tools, root, 'Remove what nothing uses any more.', 'docker system df && docker image prune');
      },
    },
    {
      id: 'ports',
      group: 'machine',
      title: 'Ports are ours',
      looked: patient.ports.map(({ service, port }) => `${service} ${port}`).join(', ') || 'the ports of the stack',
      needs: [],
      skip:
        patient.profile === 'external'
          ? 'servers of your own keep their ports where they run'
          : patient.ports.length === 0
            ? 'nothing of the stack runs, and it takes free ports when it starts'
            : null,
      look: (tools) => lookAtPorts(tools, patient),
    },
  ];
}

async function lookAtFolder(home: string): Promise<Finding> {
  const expected = 'a folder of your own that can be written';
  const file = path.join(home, `.doctor-${randomUUID()}`);
  try {
    await writeFile(file, 'x'.repeat(4096), { mode: 0o600 });
    await rm(file);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const fix = byHand('Correct its rights, or set SLUICE_HOME to a folder that you may write.', `ls -ld '${home}'`);
    return failed(`it cannot be written (${code})`, expected, fix);
  }
  const { mode } = await stat(home);
  const open = process.platform !== 'win32' && (mode & 0o077) !== 0;
  if (!open) return passed('a test file was written and removed', expected);
  const fix = byHand(
    'Dead letters and logs lie in it: close it to other users of this machine.',
    `chmod 700 '${home}'`,
  );
  return warned(`other users may look into it (mode ${(mode & 0o777).toString(8)})`, expected, fix);
}

async function lookAtDisk(tools: Instruments, folder: string, advice: string, command?: string): Promise<Finding> {
  const { free, total } = await tools.disk(folder);
  const seen = `${bytes(free)} of ${bytes(total)} free`;
  const expected = `more than ${bytes(LITTLE_FREE)} free`;
  const fix = byHand(advice, command ?? `du -sh '${folder}'/*`);
  if (free < LEAST_FREE) return failed(seen, expected, fix);
  return free < LITTLE_FREE ? warned(seen, expected, fix) : passed(seen, expected);
}

async function lookAtDocker(docker: DockerTool | null): Promise<Finding> {
  const expected = 'an engine and compose 2 that answer';
  const tool = needed(docker);
  try {
    const engine = await tool.version();
    const compose = await tool.composeVersion();
    return passed(`engine ${engine}, compose ${compose}`, expected);
  } catch (error) {
    const { seen, action } = toErrorView(error, 'Asking docker');
    return failed(seen, expected, byHand(action, 'docker version && docker compose version'));
  }
}

async function lookAtPorts(tools: Instruments, { ports: wanted, published }: Patient): Promise<Finding> {
  const expected = 'each port held by its service alone, on 127.0.0.1';
  const listeners = await tools.listeners();
  if (listeners === null) return passed('this system does not tell who holds a port', expected);
  const taken = wanted.flatMap((each) => takenByOthers(each, listeners, published));
  if (taken.length > 0) {
    const fix = byHand(
      'End that program, or give the service another port in .env.',
      `ss -ltnp 'sport = :${wanted[0]?.port}'`,
    );
    return failed(taken.join('; '), expected, fix);
  }
  const open = wanted.filter(({ port }) => listeners.some((each) => each.port === port && isOpenToOthers(each)));
  if (open.length > 0) {
    const names = open.map(({ service, port }) => `${service} ${port}`).join(', ');
    const fix = byHand('Publish it on 127.0.0.1 only: whoever reaches this machine reaches it too.');
    return warned(`open to other machines: ${names}`, expected, fix);
  }
  const held = wanted.filter(({ port }) => listeners.some((each) => each.port === port)).length;
  return passed(held === 0 ? 'all of them are free' : `${held} of ${wanted.length} held by their services`, expected);
}

/** What stands before the containers, under the names that the engines give it. */
const DOCKERS = /^(docker-pr|com\.docker|rootless|vpnkit|slirp4netns|conmon|pasta)/;

function takenByOthers(
  { service, port, pid }: WantedPort,
  listeners: readonly Listener[],
  published: Patient['published'],
): string[] {
  if (published?.includes(port)) return [];
  const others = listeners.filter((each) => each.port === port && (pid === null || each.process?.pid !== pid));
  const strangers = others.filter(({ process }) => {
    // Of a process that may not be looked at nothing is known; where one of ours should be, that is no sign.
    if (process === null) return pid === null && published !== null;
    return published !== null || pid !== null || !DOCKERS.test(process.name);
  });
  return strangers.slice(0, 1).map(({ process: holder }) => {
    const who = holder ? `${holder.name} (process ${holder.pid})` : 'a program of another user';
    return `${port} of ${service} is taken by ${who}`;
  });
}

function needed(docker: DockerTool | null): DockerTool {
  if (docker === null) throw new Error('docker was asked about on a profile without it');
  return docker;
}
