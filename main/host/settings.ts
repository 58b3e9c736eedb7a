import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { preferencesSchema, type Preferences, type PreferencesPatch } from '../contract/preferences.ts';

export interface SettingsFile {
  readonly read: () => Preferences;
  /** Changes what is named and keeps the rest; the whole comes back. */
  readonly change: (patch: PreferencesPatch) => Preferences;
}

/** Preferences in the data folder; an unreadable file means the defaults, never an error. */
export function createSettingsFile(dataFolder: string): SettingsFile {
  const path = join(dataFolder, 'settings.json');
  const read = (): Preferences => {
    try {
      return preferencesSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch {
      return preferencesSchema.parse({});
    }
  };
  return {
    read,
    change: (patch) => {
      const next = preferencesSchema.parse({ ...read(), ...patch });
      mkdirSync(dataFolder, { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify(next));
      renameSync(`${path}.new`, path);
      return next;
    },
  };
}
