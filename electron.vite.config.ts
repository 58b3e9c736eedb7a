import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The tree under out/main mirrors main/, so that an entry finds a worker by the same relative path (host/places.ts). */
const MAIN_ENTRIES = {
  main: from('electron/main.ts'),
  serve: from('main/host/serve.ts'),
  'modelserver/main': from('main/modelserver/main.ts'),
  'load/load-worker': from('main/load/load-worker.ts'),
  'optimizer/thread/sampler-worker': from('main/optimizer/thread/sampler-worker.ts'),
};

export default defineConfig({
  main: {
    plugins: [workerUrls()],
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

/** `new URL('./x-worker.ts', import.meta.url)` in our source means that file; in the build it becomes an entry of its own. */
function workerUrls(): Plugin {
  const pattern = /new URL\(\s*'(\.{1,2}\/[^']+\.ts)',\s*import\.meta\.url\s*,?\s*\)/g;
  return {
    name: 'servescape:worker-urls',
    apply: 'build',
    async transform(code, id) {
      if (!id.endsWith('.ts') || !pattern.test(code)) return null;
      pattern.lastIndex = 0;
      let result = code;
      for (const [whole, path] of code.matchAll(pattern)) {
        const target = await this.resolve(path!, id);
        if (target === null) continue;
        const reference = this.emitFile({ type: 'chunk', id: target.id });
        result = result.replace(whole, `new URL(import.meta.ROLLUP_FILE_URL_${reference})`);
      }
      return { code: result, map: null };
    },
  };
}
