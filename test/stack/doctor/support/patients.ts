/** Patients for tests: healthy until something is changed. */
import path from 'node:path';
import { localFolder } from '../../../../src/pipeline/store/location.ts';
import type { PostgresSettings } from '../../../../src/pipeline/job-settings.ts';
import type { Patient, PatientServers } from '../../../../src/stack/doctor/patient.ts';
import { MIGRATIONS_FOLDER } from '../../../support/postgres.ts';

const NOWHERE: PostgresSettings = { host: '127.0.0.1', port: 1, user: 'u', password: 'hush-hush-hush', database: 'd' };

export function patientIn(home: string, change: Partial<Patient> = {}): Patient {
  return {
    profile: 'external',
    home,
    servers: serversWith(),
    table: localFolder(path.join(home, 'table')),
    checkpoints: { bronze: localFolder(path.join(home, 'bronze')), alert: localFolder(path.join(home, 'alert')) },
    ownRuns: [],
    slack: { kind: 'webhook' },
    ports: [],
    published: null,
    migrations: path.join(MIGRATIONS_FOLDER, 'frauddb'),
    ...change,
  };
}

export function serversWith(change: Partial<PatientServers> = {}): PatientServers {
  return {
    source: { kind: 'embedded', postgres: NOWHERE, topic: 'postgres.public.transactions' },
    captured: NOWHERE,
    serving: NOWHERE,
    servingDatabase: 'captured',
    slot: 'debezium',
    publication: 'dbz_publication',
    connect: null,
    fraudApiUrl: 'http://127.0.0.1:1',
    ...change,
  };
}
