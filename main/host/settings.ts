import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const settingsSchema = z.strictObject({ theme: z.enum(['light', 'dark', 'system']).default('system') });
export type Settings = z.infer<typeof settingsSchema>;

export interface SettingsFile {
  readonly read: () => Settings;
  readonly write: (settings: Settings) => void;
}

/** Preferences in the data folder; an unreadable file means the defaults, never an error. */
export function createSettingsFile(dataFolder: string): SettingsFile {
  const path = join(dataFolder, 'settings.json');
  return {
    read: () => {
      try {
        return settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      } catch {
        return settingsSchema.parse({});
      }
    },
    write: (settings) => {
      mkdirSync(dataFolder, { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify(settings));
      renameSync(`${path}.new`, path);
    },
  };
}
