/** The doctor at the console: who the patient is, one examination at a time, and fixes that go to the log. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { toErrorView } from '../pipeline/errors.ts';
import type { LogLevel } from '../pipeline/events.ts';
import { examine, treat } from '../stack/doctor/doctor.ts';
import { openDockerTool } from '../stack/docker/engine.ts';
import type { DockerTool } from '../stack/doctor/instruments.ts';
import { fromEndpoints, fromServers, portsOf, portsOfServers, publishedBy } from '../stack/doctor/patient.ts';
import type { Patient, PatientServers, SlackForm } from '../stack/doctor/patient.ts';
import { wantsFixing, type CheckId, type DoctorReport, type FixResult } from '../stack/doctor/report.ts';
import { embeddedLakehouse } from '../stack/embedded/lakehouse.ts';
import type { Endpoints, Profile, Stack, StackControl } from '../stack/stack.ts';
import type { Snapshot } from './contract.ts';
import type { Ground } from './ground.ts';
import type { SlackChoice } from './secrets.ts';

export interface DoctorDesk {
  run(): Promise<DoctorReport>;
  /** @param will what the person has been shown */
  fix(id: CheckId, will: readonly string[]): Promise<FixResult>;
}

export interface DoctorDeskOptions {
  readonly patient: () => Patient;
  /** What can be done to the services; null where nothing can. */
  readonly control: () => StackControl | null;
  /** Null where nothing runs in docker. */
  readonly docker: () => DockerTool | null;
  readonly say: (level: LogLevel, message: string) => void;
}

export function openDoctor({ patient, control, docker, say }: DoctorDeskOptions): DoctorDesk {
  let under: Promise<DoctorReport> | null = null;
  // What a client tries again is no news: the check tells how it ended.
  const options = () => ({ log: () => undefined, control: control(), docker: docker() });
  return {
    run: () => {
      under ??= examine(patient(), options()).finally(() => (under = null));
      return under;
    },
    fix: async (id, will) => {
      say('info', `Doctor: repairing ${id}: ${will.join('; ')}`);
      try {
        const result = await treat(patient(), id, will, options());
        const { state, title, seen } = result.check;
        say(wantsFixing(result.check) ? 'warn' : 'info', `Doctor: "${title}" is now ${state}: ${seen}`);
        return result;
      } catch (error) {
        say('error', `Doctor: repairing ${id} failed: ${toErrorView(error).message}`);
        throw error;
      }
    },
  };
}

export interface PatientParts {
  readonly ground: Ground;
  readonly snapshot: Snapshot;
  readonly stack: Pick<Stack, 'servers'> | undefined;
  /** Null until the stack is up. */
  readonly endpoints: Endpoints | null;
  readonly migrationsFolder: string | undefined;
}

/** The patient of a console that runs, whether or not its stack does. */
export function patientOf({ ground, snapshot, stack, endpoints, migrationsFolder }: PatientParts): Patient {
  const { home } = ground.paths;
  const lakehouse = stack?.servers?.lakehouse ?? endpoints?.lakehouse ?? embeddedLakehouse(home);
  return {
    profile: snapshot.console.profile,
    home,
    servers: serversOf({ ground, stack, endpoints }),
    table: lakehouse.table,
    checkpoints: lakehouse.checkpoint,
    ownRuns: Object.values(snapshot.queries).flatMap(({ runId }) => (runId === null ? [] : [runId])),
    slack: slackForm(ground.slack),
    ports:
      stack?.servers && snapshot.console.profile === 'docker'
        ? portsOfServers(stack.servers)
        : portsOf(snapshot.services),
    published: publishedBy(snapshot.services),
    migrations: frauddbMigrations(migrationsFolder),
  };
}

/** Null while an embedded stack is not up. */
export function serversOf({
  ground,
  stack,
  endpoints,
}: Pick<PatientParts, 'ground' | 'stack' | 'endpoints'>): PatientServers | null {
  if (stack?.servers) return fromServers(stack.servers, ground.serving);
  return endpoints && fromEndpoints(endpoints, ground.serving);
}

/** How alerts go, without the address. */
export function slackForm(choice: SlackChoice): SlackForm {
  if (choice.kind === 'off') return { kind: 'empty' };
  return { kind: choice.kind === 'webhook' ? 'webhook' : 'unset' };
}

/** Null where this program has no migrations beside it. */
export function frauddbMigrations(folder: string | undefined): string | null {
  const frauddb = folder === undefined ? '' : path.join(folder, 'frauddb');
  return frauddb !== '' && existsSync(frauddb) ? frauddb : null;
}

/** Docker itself on the docker profile; asking it for a version needs no project. */
export function dockerOf(
  profile: Profile,
  env: Readonly<Record<string, string | undefined>>,
  composeFile: string,
): DockerTool | null {
  return profile === 'docker' ? openDockerTool({ project: { name: 'sluice', composeFile }, env }) : null;
}
