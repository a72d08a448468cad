import { builtinModules } from 'node:module';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import mantine from 'postcss-preset-mantine';
import { defineConfig, type InlineConfig, type UserConfig } from 'vite';
import { BUNDLED, ENTRIES } from './scripts/lib/entries.mjs';
import { withoutFailpoints } from './scripts/lib/failpoints.mjs';
import manifest from './package.json' with { type: 'json' };

const root = import.meta.dirname;

const outside = Object.keys(manifest.dependencies).filter((name) => !BUNDLED.includes(name));
const builtins = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`), 'electron']);

/** `vite build --mode NAME` builds the entry of that name; without one, vite serves the window's page. */
export default defineConfig(({ mode }) => {
  const entry = ENTRIES.find(({ name }) => name === mode);
  if (!entry || mode === 'renderer') return renderer();
  return nodeBundle(path.join(root, entry.source), path.join(root, entry.output), {
    selfContained: mode === 'preload',
  });
});

/**
 * One CommonJS file for Electron's main process, a worker thread or Node, in the syntax of Node 18.
 * @param options `selfContained`: a sandboxed preload may require Electron and nothing else; `failpoints`: only a bundle
 *   for tests keeps them
 */
export function nodeBundle(
  source: string,
  output: string,
  options: { selfContained?: boolean; failpoints?: boolean } = {},
): InlineConfig {
  const isOutside = (id: string) => outside.some((name) => id === name || id.startsWith(`${name}/`));
  return {
    configFile: false,
    root,
    mode: 'production',
    plugins: options.failpoints ? [] : [withoutFailpoints()],
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: source,
      outDir: path.dirname(output),
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'node18',
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        external: (id) => builtins.has(id) || (!options.selfContained && isOutside(id)),
        // Electron 25 cannot import from inside app.asar, but it can require.
        output: {
          format: 'cjs',
          entryFileNames: path.basename(output),
          codeSplitting: false,
          dynamicImportInCjs: false,
        },
      },
    },
  };
}

/** The window's page. Paths are relative: it is served by the app's own scheme. */
function renderer(): UserConfig {
  return {
    root: path.join(root, 'src/renderer'),
    base: './',
    plugins: [react()],
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    build: {
      outDir: path.join(root, 'dist/renderer'),
      emptyOutDir: true,
      target: 'chrome114',
      cssTarget: 'chrome114',
      // The policy of the page refuses data: fonts.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2_000,
    },
    css: { postcss: { plugins: [mantine()] } },
  };
}
