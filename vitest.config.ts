import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const nodeRooms = ['domain', 'contract', 'optimizer', 'study', 'serving', 'modelserver', 'load', 'workloads', 'hardware', 'project', 'report', 'host', 'electron', 'architecture', 'conformance', 'setup', 'resources', 'drills'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: nodeRooms.map((room) => `test/${room}/**/*.test.ts`),
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Programs that tests start as processes begin in half the time.
          env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
        },
      },
      {
        plugins: [svelte()],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'renderer',
          // Nothing here measures or starts replicas: two at a time, after the others.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          environment: 'jsdom',
          include: ['test/renderer/**/*.test.ts'],
          setupFiles: ['test/renderer/patience.ts'],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
