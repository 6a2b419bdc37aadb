import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** In these a new command or event must not be swallowed: a switch names every case, and the compiler finds the one that is missing. */
const TOTAL = ['**/*.decider.ts', '**/*.projection.ts', '**/*.reactions.ts'];
/** What they do depends on what they are given alone. */
const PURE = ['**/*.decider.ts', '**/*.events.ts', '**/*.projection.ts', '**/*.reactions.ts'];

const tsFiles = ['{apps,libs,test}/**/*.ts'];
const specs = ['**/*.spec.ts', 'test/**/*.ts'];

const noDefault = { selector: 'SwitchCase[test=null]', message: 'Name every case: `default` hides the one that is missing.' };
const noClock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'The time is given, not taken.' },
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'The time is given, not taken.' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Chance is given, not taken.' },
];

export default defineConfig([
  globalIgnores(['dist/', 'coverage/', 'data/']),
  {
    files: tsFiles,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // a port that answers at once in one adapter takes its time in another
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 320 }],
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\.{1,2}/.*\\.js$)\\.', message: 'Relative imports end in `.js`.' }] },
      ],
    },
  },
  { files: TOTAL, rules: { 'no-restricted-syntax': ['error', noDefault, ...noClock] } },
  { files: PURE.filter((pattern) => !TOTAL.includes(pattern)), rules: { 'no-restricted-syntax': ['error', ...noClock] } },
  {
    files: specs,
    rules: {
      'max-lines': ['error', { max: 500 }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // jest's matchers (`expect.any`) are of type any
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['test/{bench,distributed,faults}/**/*.ts'], rules: { 'no-console': 'off' } },
]);
