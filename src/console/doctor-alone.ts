/** The doctor without a console: what settings and folders tell, and the servers that they name. Nothing is started. */
import path from 'node:path';
import { toErrorView } from '../pipeline/errors.ts';
import { examine, treat } from '../stack/doctor/doctor.ts';
import { fromServers, portsOfServers, type Patient, type SlackForm } from '../stack/doctor/patient.ts';
import type { CheckId, DoctorReport, FixResult } from '../stack/doctor/report.ts';
import { embeddedLakehouse } from '../stack/embedded/lakehouse.ts';
import { dockerOf, frauddbMigrations, slackForm } from './doctor.ts';
import { homePaths } from './home.ts';
import { chooseSlack, readServingUrl } from './secrets.ts';
import { toServers } from './servers.ts';
import { readSources } from './sources.ts';

export interface AloneOptions {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The folder that holds `frauddb/`. */
  readonly migrationsFolder: string;
  /** The compose file of the docker stack. */
  readonly composeFile: string;
}

export function examineAlone(options: AloneOptions): Promise<DoctorReport> {
  const patient = patientAlone(options);
  return examine(patient, toolsAlone(patient, options));
}

export function treatAlone(options: AloneOptions, id: CheckId, will: readonly string[]): Promise<FixResult> {
  const patient = patientAlone(options);
  return treat(patient, id, will, toolsAlone(patient, options));
}

const toolsAlone = ({ profile }: Patient, { env, composeFile }: AloneOptions) => ({
  log: () => undefined,
  docker: dockerOf(profile, env, composeFile),
});

/** Throws `SETTINGS_INVALID` when the settings do not say where the servers are. */
export function patientAlone({ home, env, cwd, migrationsFolder, composeFile }: AloneOptions): Patient {
  const paths = homePaths(home);
  const sources = readSources({ env, cwd, home, settingsFile: paths.settings, flags: {}, composeFile });
  const { profile, resolved, secretPlaces } = sources;
  const separate = resolved.settings['alert.servingDatabase'] === 'separate';
  const servers = profile === 'embedded' ? null : toServers(sources.servers(), path.resolve(cwd));
  const lakehouse = servers?.lakehouse ?? embeddedLakehouse(paths.home);
  return {
    profile,
    home: paths.home,
    servers: servers && fromServers(servers, separate ? readServingUrl(secretPlaces) : null),
    table: lakehouse.table,
    checkpoints: lakehouse.checkpoint,
    ownRuns: [],
    slack: trySlack(secretPlaces),
    ports: servers && profile === 'docker' ? portsOfServers(servers) : [],
    published: null,
    migrations: frauddbMigrations(migrationsFolder),
  };
}

function trySlack(envs: Parameters<typeof chooseSlack>[0]): SlackForm {
  try {
    return slackForm(chooseSlack(envs));
  } catch (error) {
    return { kind: 'wrong', why: toErrorView(error).seen };
  }
}
