/**
 * `npm run kernel`: compiles `kernel/` to WebAssembly and writes it into `src/pipeline/cdc/kernel-code.ts`, which is kept
 * with the sources, so that nothing has to be built before they run.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRoot, pinnedNode } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { fail, say } from './lib/say.mjs';

const CODE_FILE = 'src/pipeline/cdc/kernel-code.ts';
/** Pages of 64 KiB: all that `kernel/` reserves, so that its memory never grows. */
const PAGES = '6400';
const OPTIONS = ['--runtime', 'stub', '--optimizeLevel', '3', '--converge', '--noAssert', '--enable', 'simd'];
const MEMORY = ['--initialMemory', PAGES, '--maximumMemory', PAGES, '--zeroFilledMemory', '--use', 'abort='];
const LINE = 116;

if (process.argv[1] === fileURLToPath(import.meta.url)) await write().catch(fail);

/** The text of the generated file. */
export async function compileKernel() {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-kernel-'));
  try {
    const code = path.join(folder, 'kernel.wasm');
    const compiler = inRoot('node_modules/assemblyscript/bin/asc.js');
    await run(pinnedNode(), [compiler, inRoot('kernel/index.ts'), ...OPTIONS, ...MEMORY, '--outFile', code]);
    return toText(readFileSync(code).toString('base64'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} base64 */
function toText(base64) {
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  const code = lines.map((line) => `  '${line}'`).join(' +\n');
  return `/** \`kernel/\`, compiled by \`npm run kernel\`. Not written by hand. */\nexport const KERNEL_CODE =\n${code};\n`;
}

async function write() {
  const text = await compileKernel();
  writeFileSync(inRoot(CODE_FILE), text);
  say(`${CODE_FILE}: ${text.length} characters.`);
}
