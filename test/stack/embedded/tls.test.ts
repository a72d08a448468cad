/** PostgreSQL over TLS, as servers of one's own are reached. */
import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PostgresSettings, PostgresTls } from '../../../src/pipeline/job-settings.ts';
import { openDatabase } from '../../../src/pipeline/sql.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let server: TestPostgres;
let ca: string;

beforeAll(async () => {
  server = await startTestPostgres();
  const database = openDatabase(server.settings('postgres'));
  const [row] = await database.query<{ data_directory: string }>('SHOW data_directory');
  ca = makeCertificate(row?.data_directory ?? '');
  await database.query('ALTER SYSTEM SET ssl = on');
  await database.query('SELECT pg_reload_conf()');
  await database.close();
});
afterAll(() => server.stop());

/** Of `localhost`, and signed by itself. Returns the PEM text to trust. */
function makeCertificate(folder: string): string {
  const [key, certificate] = [path.join(folder, 'server.key'), path.join(folder, 'server.crt')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  );
  const { uid, gid } = statSync(folder);
  for (const file of [key, certificate]) chownSync(file, uid, gid);
  return readFileSync(certificate, 'utf8');
}

async function isEncrypted(tls: PostgresTls, change: Partial<PostgresSettings> = {}): Promise<boolean | undefined> {
  const database = openDatabase({ ...server.settings('postgres'), tls, ...change }, { max: 1 });
  try {
    const [row] = await database.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return row?.ssl;
  } finally {
    await database.close();
  }
}

describe('a server with a certificate', () => {
  test('is encrypted', async () => {
    // The server reads its configuration again in its own time.
    const reached = () => isEncrypted({ mode: 'require', ca: null }).catch(() => false);
    await expect.poll(reached, { timeout: 30_000 }).toBe(true);
    expect(await isEncrypted({ mode: 'verify-ca', ca })).toBe(true);
    expect(await isEncrypted({ mode: 'verify-full', ca }, { host: 'localhost' })).toBe(true);
  });

  test('that nobody we trust has signed is refused', async () => {
    const refused = { code: 'SQL_UNAVAILABLE', seen: expect.stringMatching(/self-signed|unable to verify/) as string };
    await expect(isEncrypted({ mode: 'verify-full', ca: null }, { host: 'localhost' })).rejects.toMatchObject(refused);
    await expect(isEncrypted({ mode: 'verify-ca', ca: null })).rejects.toMatchObject(refused);
  });

  test('of another name is refused where the name counts, and only there', async () => {
    await expect(isEncrypted({ mode: 'verify-full', ca }, { host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'SQL_UNAVAILABLE',
      seen: expect.stringMatching(/does not match|altnames/) as string,
    });
    expect(await isEncrypted({ mode: 'verify-ca', ca }, { host: '127.0.0.1' })).toBe(true);
  });
});
