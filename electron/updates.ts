import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Preferences } from '../main/contract/preferences.ts';

export interface UpdateOptions {
  readonly isPackaged: boolean;
  readonly resourcesPath: string;
  readonly preferences: () => Preferences;
  /** Looks once and tells the user by itself when there is something. */
  readonly look: () => Promise<unknown>;
  readonly onFault: (error: unknown) => void;
}

/** Written into the package by electron-builder when it is built with a place to publish to. */
const CHANNEL_FILE = 'app-update.yml';

/** Off by default: only where the user has switched it on, in a package that was built with an update channel. True: it looked. */
export async function lookForUpdates({ isPackaged, resourcesPath, preferences, look, onFault }: UpdateOptions): Promise<boolean> {
  if (preferences().updates === 'off' || !isPackaged || !existsSync(join(resourcesPath, CHANNEL_FILE))) return false;
  // No network, no server: the program works as before.
  await look().catch(onFault);
  return true;
}
