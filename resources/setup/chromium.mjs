import { existsSync } from 'node:fs';

const USUAL = [
  '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The browser for the end-to-end tests: CHROMIUM_PATH, or the system's own; null when there is none. */
export function findChromium(env = process.env, exists = existsSync) {
  const candidates = env.CHROMIUM_PATH ? [env.CHROMIUM_PATH] : USUAL;
  return candidates.find((path) => exists(path)) ?? null;
}
