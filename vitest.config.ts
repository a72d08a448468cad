import { defineConfig } from 'vitest/config';

/** Tests of a folder that starts real programs get more time and one file at a time: they share ports, screen and cores. */
const heavy = (name: string, timeout: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.{ts,tsx}`],
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: false,
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/{embedded,renderer,electron,e2e,stack,interop}/**'],
          testTimeout: 20_000,
        },
      },
      heavy('embedded', 120_000),
      heavy('renderer', 60_000),
      heavy('electron', 120_000),
      heavy('e2e', 180_000),
      heavy('stack', 300_000),
      heavy('interop', 300_000),
    ],
  },
});
