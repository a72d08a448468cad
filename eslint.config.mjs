import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';
import { houseRule } from './scripts/lint/house.mjs';

// Rules that ask the type checker cost most of the time, so only src/ pays for them, and only for those
// that find real faults: a promise nobody waits for, a switch that forgets a case.
/** @type {import('eslint').Linter.RulesRecord} */
const typeAware = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

/** What the fallback's Electron (Node 18.15, Chromium 114) does not have yet; syntax is lowered, this cannot be. */
const TOO_NEW = [
  ['URL', 'canParse'],
  ['AbortSignal', 'any'],
  ['Array', 'fromAsync'],
  ['Map', 'groupBy'],
  ['Object', 'groupBy'],
  ['Promise', 'try'],
  ['Promise', 'withResolvers'],
  [undefined, 'toReversed'],
  [undefined, 'toSorted'],
  [undefined, 'toSpliced'],
].map(([object, property]) => ({ ...(object && { object }), property, message: 'Node 18.15 does not have it.' }));

export default tseslint.config(
  { ignores: ['dist/', 'release/', 'test-results/', 'coverage/', 'test/fixtures/', '**/node_modules/', '**/.venv/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name, so that a thing has one name everywhere.' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { sluice: { rules: { house: houseRule } } },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'sluice/house': 'error',
      'no-console': 'error',
      'no-restricted-properties': ['error', ...TOO_NEW],
      ...typeAware,
    },
  },
  // The compiler of kernel/ knows no imports of types alone.
  { files: ['kernel/**'], rules: { '@typescript-eslint/consistent-type-imports': 'off' } },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['src/cli/**'], rules: { 'no-console': 'off' } },
  {
    files: ['src/renderer/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
  { files: ['*.{ts,mjs}', '**/*.d.ts', 'scripts/lib/after-pack.mjs'], rules: { 'no-restricted-syntax': 'off' } },
);
