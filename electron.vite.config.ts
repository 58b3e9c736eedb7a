import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Everything that is started as a process or thread. The tree mirrors main/, so that relative paths between them hold. */
const MAIN_ENTRIES = {
  main: from('electron/main.ts'),
  serve: from('main/host/serve.ts'),
  'modelserver/main': from('main/modelserver/main.ts'),
  'modelserver/inference-worker': from('main/modelserver/inference-worker.ts'),
  'load/load-worker': from('main/load/load-worker.ts'),
  'load/load-station': from('main/load/load-station.ts'),
  'optimizer/thread/sampler-worker': from('main/optimizer/thread/sampler-worker.ts'),
};

export default defineConfig({
  main: {
    build: {
      target: 'node24',
      outDir: 'out/main',
      minify: false,
      rolldownOptions: {
        input: MAIN_ENTRIES,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node24',
      outDir: 'out/preload',
      minify: false,
      // A sandboxed preload must be CommonJS and one file.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: from('electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [svelte()],
    build: {
      target: 'chrome140',
      outDir: from('out/renderer'),
      emptyOutDir: true,
      // The page policy forbids data: scripts and inline code.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: from('renderer/index.html') },
    },
  },
});
