import { z } from 'zod';

/** What the user has chosen for the program as a whole; kept in the data folder, so that every host finds the same. */
export const preferencesSchema = z.strictObject({
  theme: z.enum(['light', 'dark', 'system']).default('system'),
  /** Plain letters, Space and the like as shortcuts; off leaves those with Ctrl and the F keys. */
  singleKeys: z.boolean().default(true),
  /** A system notification when a run ends while the window is not in front. */
  notifyAtEnd: z.boolean().default(true),
  /** The machine does not go to sleep while trials are measured. */
  keepAwake: z.boolean().default(true),
  /** Looking for a newer version. Nothing is ever asked on the network while this is off. */
  updates: z.enum(['off', 'stable']).default('off'),
  /** How many files Recent lists. */
  recentFiles: z.int().min(3).max(20).default(10),
  /** The first visit is over: the tour was seen or put away. */
  toured: z.boolean().default(false),
});
export type Preferences = z.infer<typeof preferencesSchema>;

/** Only what changes. */
export const preferencesPatchSchema = z.strictObject({
  theme: z.enum(['light', 'dark', 'system']), singleKeys: z.boolean(), notifyAtEnd: z.boolean(), keepAwake: z.boolean(),
  updates: z.enum(['off', 'stable']), recentFiles: z.int().min(3).max(20), toured: z.boolean(),
}).partial();
export type PreferencesPatch = z.infer<typeof preferencesPatchSchema>;
