import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
const lock = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { version: string; resolved?: string }>;
};
const reasons = read('docs/decisions/libraries.md');

const dependencies = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
  Object.entries(manifest[kind] ?? {}),
);

describe('dependencies', () => {
  it.each(dependencies)('%s is one exact version, locked, with a reason', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(lock.packages[`node_modules/${name}`]?.version).toBe(version);
    expect(reasons, 'docs/decisions/libraries.md needs a line for it').toContain(`\`${name}\``);
  });

  it('are all that docs/decisions/libraries.md gives a reason for', () => {
    const named = [...reasons.matchAll(/^- (`[^\n]*?`):/gm)].flatMap((line) =>
      [...(line[1] ?? '').matchAll(/`([^`]+)`/g)].map((each) => each[1]),
    );
    const known = new Set(dependencies.map(([name]) => name));
    expect(named.filter((name) => !known.has(name ?? ''))).toEqual([]);
  });

  it('come from no fixed download address', () => {
    expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved?.startsWith('http'))).toEqual([]);
  });
});

describe('scripts', () => {
  it.each(Object.entries(manifest['scripts'] ?? {}))('%s runs a file that is there', (_name, command) => {
    const file = /scripts\/\S+\.mjs/.exec(command)?.[0];
    if (file) expect(existsSync(path.join(root, file))).toBe(true);
  });
});
