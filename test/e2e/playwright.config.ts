import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import { whyNoWindow } from '../../resources/setup/electron-binary.mjs';
import { findChromium } from '../../resources/setup/chromium.mjs';

/** The built program in a real browser. One worker: replicas and browser share the machine with what they measure. */
const executablePath = findChromium();
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  testIgnore: [...(process.env['SERVESCAPE_SCREENSHOTS'] ? [] : ['**/screenshots.spec.ts']), ...(whyNoWindow() === null || process.env['SERVESCAPE_PACKAGED'] ? [] : ['**/electron.spec.ts'])],
  outputDir: join(import.meta.dirname, '../../test-results'),
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['list'], ['json']] : [['list']],
  use: {
    browserName: 'chromium',
    headless: true,
    viewport: { width: 1280, height: 800 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(executablePath !== null && { executablePath }),
      args: ['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage', ...(asRoot ? ['--no-sandbox'] : [])],
    },
  },
});
