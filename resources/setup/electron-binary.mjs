import { existsSync, readFileSync } from 'node:fs';
import { toolScript } from './tools.mjs';

/** Electron's program as it was fetched; null when it was not. */
export function electronBinary() {
  const note = toolScript('electron', 'path.txt');
  if (!existsSync(note)) return null;
  const binary = toolScript('electron', 'dist', readFileSync(note, 'utf8'));
  return existsSync(binary) ? binary : null;
}

export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Why the real window cannot be tested on this machine; null when it can. */
export function whyNoWindow() {
  if (!hasDisplay()) return 'there is no display';
  if (process.getuid?.() === 0) return 'the window does not run as root';
  if (electronBinary() === null) return 'Electron’s program is not here (npm start fetches it)';
  return null;
}
