import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** Libraries that live in one room each; everybody else goes through that room. */
const ONE_ROOM = {
  electron: 'electron/',
  dockerode: 'main/serving/docker/',
  execa: 'main/hardware/gpu/nvidia-smi.ts',
  'chart.js': 'renderer/charts/',
  ws: 'main/host/web/',
  'onnxruntime-node': 'main/modelserver/',
  'node:sqlite': 'main/project/',
};
const rawLibraries = Object.entries(ONE_ROOM).map(([name, room]) => ({
  name, message: `${name} is used in ${room} only; import what that room offers.`,
}));

/** A zone and what it may not import; the message says where the thing belongs. */
function zone(files, regex, message) {
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { paths: rawLibraries, patterns: [{ regex, message }] }] },
  };
}

export default ts.config(
  { ignores: ['out/', 'dist/', 'node_modules/', 'test-results/', 'playwright-report/', 'resources/models/*/build/', '**/*.d.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node }, parserOptions: { projectService: false } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    files: ['renderer/**', 'test/renderer/**'],
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
    rules: { 'prefer-const': 'off' },
  },
  zone(['main/**'], '/(renderer|electron)/', 'main/ runs without a window; talk to it through the contract.'),
  zone(['main/domain/**'], '^(\\.\\./|node:)', 'domain imports nothing but zod and itself.'),
  zone(['main/contract/**'], '^(node:|\\.\\./(?!domain/))', 'contract imports domain and zod only.'),
  zone(['main/optimizer/**'], '^(node:|\\.\\./(\\.\\./)?(study|host|serving|load|project|hardware)/)', 'The optimizer is pure; threads live in optimizer/thread/.'),
  zone(['main/study/**'], '^(node:|\\.\\./(serving|load|project|hardware|host|modelserver|workloads)/)', 'The study sees the world through ports.ts; wire it in compose.ts.'),
  zone(['main/{serving,load,project,hardware,modelserver,workloads}/**'], '/(host|optimizer|compose)[/.]', 'Rooms behind a port do not know who uses them; wire them in compose.ts.'),
  zone(['renderer/**'], '(^node:|/electron/|/main/(?!(contract|domain)/))', 'The renderer imports contract and domain only; ask the host through the client.'),
  ...Object.entries(ONE_ROOM).map(([, room]) => ({
    files: [room.endsWith('/') ? `${room}**` : room, 'test/**', 'resources/**'],
    rules: { 'no-restricted-imports': 'off' },
  })),
  { files: ['main/optimizer/thread/**'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['*.config.{js,ts}', 'test/**/*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['resources/setup/**', 'main/host/cli/**', 'main/host/cli.ts', 'main/host/serve.ts', 'main/modelserver/**', 'electron/**', 'test/**'], rules: { 'no-console': 'off' } },
);
