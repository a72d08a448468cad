import { defineConfig } from 'vitest/config';
import { PROJECTS } from './scripts/lib/projects.mjs';

const below = (folder: string) => `${folder}/**/*.test.{ts,tsx}`;

const unit = {
  test: {
    name: 'unit',
    include: [below('test')],
    exclude: PROJECTS.flatMap(({ folders }) => folders.map(below)),
    testTimeout: 20_000,
  },
};

const heavy = PROJECTS.map(({ name, folders, timeout }) => ({
  test: { name, include: folders.map(below), testTimeout: timeout, hookTimeout: timeout, fileParallelism: false },
}));

export default defineConfig({ test: { projects: [unit, ...heavy] } });
