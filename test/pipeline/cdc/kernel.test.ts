import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { compileKernel } from '../../../scripts/kernel.mjs';

const CODE = path.join(import.meta.dirname, '../../../src/pipeline/cdc/kernel-code.ts');

it('the code that is kept is what kernel/ compiles to', async () => {
  expect(readFileSync(CODE, 'utf8')).toBe(await compileKernel());
}, 60_000);
