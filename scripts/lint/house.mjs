import path from 'node:path';
import { DOORS, NEVER, VOCABULARY, ZONES } from './zones.mjs';

/**
 * ESLint rule: imports inside `src/` follow the house (`zones.mjs`). It works on paths alone, so it is fast and needs no
 * resolver; the `.ts` extension that the project asks for makes every import a real path.
 * @type {import('eslint').Rule.RuleModule}
 */
export const houseRule = {
  meta: { type: 'problem', schema: [], docs: { description: 'imports run one way; one library, one file' } },
  create(context) {
    const file = toRelative(context.cwd, context.filename);
    if (!file.startsWith('src/')) return {};
    /** @param {any} node the import @param {unknown} target what it names @param {boolean} typesOnly */
    const check = (node, target, typesOnly) => {
      if (typeof target !== 'string') return;
      const message = judge(file, target, typesOnly);
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: (/** @type {any} */ node) => check(node, node.source.value, isTypeOnly(node)),
      ExportAllDeclaration: (/** @type {any} */ node) => check(node, node.source.value, node.exportKind === 'type'),
      ExportNamedDeclaration: (/** @type {any} */ node) => check(node, node.source?.value, node.exportKind === 'type'),
      ImportExpression: (/** @type {any} */ node) => check(node, node.source.value, false),
      TSImportType: (/** @type {any} */ node) => check(node, node.source?.value ?? node.argument?.literal?.value, true),
      CallExpression: (/** @type {any} */ node) => {
        if (node.callee.name === 'require') check(node, node.arguments[0]?.value, false);
      },
    };
  },
};

/**
 * What is wrong with `file` importing `target`, or undefined. The message always names the right file or way.
 * @param {string} file path below the project, with forward slashes
 * @param {string} target the import specifier
 * @param {boolean} typesOnly whether the import disappears at run time
 * @returns {string | undefined}
 */
export function judge(file, target, typesOnly) {
  return target.startsWith('.') ? judgeZone(file, resolve(file, target), typesOnly) : judgeLibrary(file, target);
}

/** @param {string} file @param {string} target path below the project @param {boolean} typesOnly */
function judgeZone(file, target, typesOnly) {
  const from = zoneOf(file);
  const to = zoneOf(target);
  if (!from || from === to || isVocabulary(from, target, typesOnly)) return undefined;
  if (!to) return `${file} imports ${target}: code in src/ imports only from src/.`;
  if (/** @type {string[]} */ (ZONES[from].may).includes(to)) return undefined;
  if (target in VOCABULARY) return `${file} may import only types from ${target}: write "import type".`;
  return `src/${from}/ may not import ${target} (src/${to}/): ${ZONES[from].instead}.`;
}

/** @param {string} file @param {string} target */
function judgeLibrary(file, target) {
  const name = target.startsWith('node:') ? target : packageOf(target);
  if (name in NEVER) return `${name} is never imported: ${NEVER[/** @type {keyof typeof NEVER} */ (name)]}.`;
  const door = DOORS.find(({ library }) => (library.endsWith('/') ? name.startsWith(library) : name === library));
  if (!door || door.in.some((place) => isInside(file, place))) return undefined;
  return `${file} may not import ${name}: ${door.what} goes through ${door.in.join(' or ')} (one library, one file).`;
}

/** @param {Zone} from @param {string} target @param {boolean} typesOnly */
function isVocabulary(from, target, typesOnly) {
  const entry = /** @type {Record<string, { values: string[]; readers?: string[] }>} */ (VOCABULARY)[target];
  if (!entry) return false;
  if (entry.values.includes('*') || entry.values.includes(from)) return true;
  return typesOnly && (entry.readers ?? []).includes(from);
}

/** `import { type A, type B }` also disappears; an import of nothing (`import './x'`) does not. @param {any} node */
function isTypeOnly(node) {
  if (node.importKind === 'type') return true;
  return node.specifiers.length > 0 && node.specifiers.every((/** @type {any} */ each) => each.importKind === 'type');
}

/** @param {string} file @param {string} place */
function isInside(file, place) {
  if (place.endsWith('/')) return file.startsWith(place);
  if (place.endsWith('*')) return file.startsWith(place.slice(0, -1));
  return file === place;
}

/** @param {string} target */
function packageOf(target) {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

/** @typedef {keyof typeof ZONES} Zone */
/** @param {string} file @returns {Zone | undefined} */
function zoneOf(file) {
  const zone = /^src\/([^/]+)\//.exec(file)?.[1];
  return zone && zone in ZONES ? /** @type {Zone} */ (zone) : undefined;
}

/** @param {string} file @param {string} target */
const resolve = (file, target) => path.posix.join(path.posix.dirname(file), target);

/** @param {string} cwd @param {string} file */
const toRelative = (cwd, file) => path.relative(cwd, file).split(path.sep).join('/');
