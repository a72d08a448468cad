import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

describe('scripts', () => {
  const files = readdirSync(path.join(root, 'scripts'), { recursive: true }).map(String);
  // It is run by the pinned Node, after the install.
  const later = ['lib/bundle.mjs'];

  it.each(files.filter((file) => file.endsWith('.mjs') && !later.includes(file)))(
    '%s needs nothing but Node, so that it runs before anything is installed',
    (file) => {
      const text = readFileSync(path.join(root, 'scripts', file), 'utf8');
      const targets = [...text.matchAll(/(?:\bfrom|^import|\bawait import\()\s*'([^']+)'/gm)].map((match) => match[1]);
      expect(targets.filter((target) => !/^(node:|\.)/.test(target ?? ''))).toEqual([]);
    },
  );
});

describe('a program that start hands the terminal to', () => {
  const program = `
    process.on('SIGINT', () => { console.log('drains'); setTimeout(() => process.exit(7), 200); });
    console.log('runs'); setInterval(() => {}, 1000);`;
  const start = (code: string) => {
    const run = JSON.stringify(path.join(root, 'scripts/lib/run.mjs'));
    const launcher = `import { handOver } from ${run};
      process.exitCode = await handOver(process.execPath, ['-e', ${JSON.stringify(code)}], process.env);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', launcher], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    return { child, said: () => said };
  };

  it('gets one key press once, is waited for, and gives its exit code', async () => {
    const { child, said } = start(program);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(7);
    expect(said()).toBe('runs\ndrains\n');
  });

  it('ends the start with 128 + n when signal n ended it', async () => {
    const { child } = start(`process.kill(process.pid, 'SIGKILL')`);
    const [code] = await once(child, 'close');
    expect(code).toBe(137);
  });
});
