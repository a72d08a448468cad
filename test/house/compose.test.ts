/** What the compose file promises, read from its text: no docker is needed. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly build?: { readonly dockerfile?: string };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[]; readonly start_period?: string };
  readonly restart?: string;
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const root = path.resolve(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const text = read('docker-compose.yml');
const file = parse(text, { merge: true }) as {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(file.services);
/** What is done once, and then ends. */
const oneShots = services.filter(([name]) => name.endsWith('-setup'));
const lasting = services.filter(([name]) => !name.endsWith('-setup'));
const variables = [...text.matchAll(/(?<!\$)\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g)].map(
  ([, name = '', kind, value = '']) => ({
    name,
    kind,
    value,
  }),
);

describe('the compose file', () => {
  it('has the services that the window knows, and nothing runs by default but them and their set-up', () => {
    const always = services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
    const stack = ['postgres', 'kafka', 'debezium-connect', 'minio', 'fraud-api', 'data-producer'];
    expect(new Set(always)).toEqual(new Set([...stack, 'database-setup', 'bucket-setup', 'connector-setup']));
    expect(file.services['headless']?.profiles).toEqual(['headless']);
    expect(file.services['spark-bronze']?.profiles).toEqual(['spark']);
    expect(file.services['spark-alert']?.profiles).toEqual(['spark']);
  });

  it('opens every port on loopback alone, each at a port that can be moved', () => {
    const ports = services.flatMap(([, each]) => each.ports ?? []);
    expect(ports).toHaveLength(6);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+_PORT:-\d+\}:\d+$/);
    expect(ports.map((port) => Number(/:-(\d+)\}/.exec(port)?.[1]))).toEqual([5432, 9700, 8083, 9000, 9001, 8000]);
    expect(services.filter(([, each]) => each.network_mode !== undefined)).toEqual([]);
  });

  it('takes every image from a variable with a pinned default', () => {
    for (const [name, { image }] of services) {
      const fallback = /^\$\{[A-Z_]+_IMAGE:-([^}]+)\}$/.exec(image)?.[1] ?? '';
      expect(fallback, name).toMatch(/:[^:]*\d+\.\d+|:RELEASE\.\d{4}-/);
      expect(fallback, name).not.toContain('latest');
    }
  });

  it('builds its own images from files that are there', () => {
    const built = services.filter(([, { build }]) => build);
    expect(built.map(([name]) => name)).toEqual(['fraud-api', 'database-setup', 'spark-bronze']);
    for (const [, { build }] of built)
      expect(existsSync(path.join(root, build?.dockerfile ?? 'Dockerfile'))).toBe(true);
  });

  it('gives nobody the docker socket, nor the machine', () => {
    expect(text).not.toMatch(/docker\.sock|docker_engine/);
    expect(services.filter(([, { privileged }]) => privileged)).toEqual([]);
  });

  it('asks every service that lasts whether it is ready, and starts it again when it dies', () => {
    for (const [name, { healthcheck, restart }] of lasting) {
      expect(healthcheck?.test.length, name).toBeGreaterThan(1);
      expect(healthcheck?.start_period, name).toMatch(/^\d+s$/);
      expect(restart, name).toMatch(/^(unless-stopped|on-failure)$/);
    }
  });

  it('waits for health or for the end of a set-up, never for a mere start', () => {
    const waits = services.flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on).map(([other, { condition }]) => ({ name, other, condition })),
    );
    for (const { name, other, condition } of waits) {
      const wanted = other.endsWith('-setup') ? 'service_completed_successfully' : 'service_healthy';
      expect(condition, `${name} on ${other}`).toBe(wanted);
    }
    // `up --wait` takes the end of a container for a failure unless another one waits for exactly that.
    for (const [name] of oneShots)
      expect(
        waits.map(({ other }) => other),
        name,
      ).toContain(name);
  });

  it('keeps what must last in volumes that have a name', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes).map((each) => each.split(':')[0] ?? '');
    const named = mounts.filter((each) => !each.startsWith('.'));
    expect(new Set(named)).toEqual(new Set(Object.keys(file.volumes)));
    expect(mounts.filter((each) => each.startsWith('.'))).toEqual(['./data']);
  });

  it('lets Kafka be reached from inside and from this machine, and fixes no cluster id', () => {
    const { KAFKA_ADVERTISED_LISTENERS: advertised, ...rest } = file.services['kafka']?.environment ?? {};
    expect(advertised).toBe('INSIDE://kafka:9092,OUTSIDE://127.0.0.1:${KAFKA_PORT:-9700}');
    expect(Object.keys(rest)).not.toContain('CLUSTER_ID');
  });

  it('holds no password, and says in one sentence how to get one', () => {
    const secret = variables.filter(({ name }) => name.endsWith('PASSWORD'));
    expect(secret.length).toBeGreaterThan(3);
    for (const { name, kind, value } of secret) {
      expect(kind, name).toBe('?');
      expect(value, name).toContain('npm run stack:init');
    }
    const written = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    const literal = written.filter(([name, value]) => /PASSWORD|SECRET/.test(name) && !String(value).startsWith('${'));
    expect(literal).toEqual([]);
  });

  it('is explained by .env.example: every variable, with the default that it has', () => {
    const example = new Map(
      [...read('.env.example').matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    const passed = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    const fromOutside = passed.filter(([, value]) => value === null).map(([name]) => name);
    for (const { name, kind, value } of variables) {
      expect(example.has(name), name).toBe(true);
      if (kind === '-') expect(example.get(name), name).toBe(value);
    }
    const forQueries = Object.keys(file.services['headless']?.environment ?? {});
    for (const name of fromOutside.filter((each) => !forQueries.includes(each)))
      expect(example.has(name), name).toBe(true);
  });
});
