import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { preferencesPatchSchema, preferencesSchema } from '../../main/contract/preferences.ts';
import { diagnosticsText } from '../../main/host/diagnostics.ts';
import { createLogFile } from '../../main/host/log-file.ts';
import { createSettingsFile } from '../../main/host/settings.ts';
import { shellServices } from '../../main/host/shell-services.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servescape-preferences-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('preferences', () => {
  it('start with updates off, and keep what is not changed', () => {
    const file = createSettingsFile(folder);
    expect(file.read()).toMatchObject({ theme: 'system', singleKeys: true, updates: 'off' });
    file.change({ theme: 'dark' });
    expect(file.change({ singleKeys: false })).toMatchObject({ theme: 'dark', singleKeys: false });
    expect(createSettingsFile(folder).read()).toMatchObject({ theme: 'dark', singleKeys: false });
  });

  it('of an earlier version are kept, damaged ones are the defaults', async () => {
    await writeFile(join(folder, 'settings.json'), '{"theme":"light"}');
    expect(createSettingsFile(folder).read().theme).toBe('light');
    await writeFile(join(folder, 'settings.json'), '{"theme":');
    expect(createSettingsFile(folder).read()).toEqual(preferencesSchema.parse({}));
  });

  it('a change names only what there is', () => {
    expect(Object.keys(preferencesPatchSchema.shape).toSorted()).toEqual(Object.keys(preferencesSchema.shape).toSorted());
    expect(preferencesPatchSchema.parse({})).toEqual({});
  });
});

describe('the log', () => {
  it('keeps the last lines and grows only so far', () => {
    const log = createLogFile(folder, () => '2026-01-01T00:00:00.000Z');
    for (let i = 0; i < 3; i++) log.write(`study.start: ${'x'.repeat(300_000)} ${i}`);
    log.write('the end');
    expect(log.tail(5).at(-1)).toBe('2026-01-01T00:00:00.000Z the end');
    expect(log.tail(5).length).toBeLessThan(4);
  });

  it('that cannot be written stops nothing', async () => {
    await writeFile(join(folder, 'logs'), 'a file where the folder should be');
    const log = createLogFile(folder);
    log.write('lost');
    expect(log.tail(3)).toEqual([]);
  });
});

it('diagnostics name program, machine and log, and no home folder', () => {
  const text = diagnosticsText({
    version: '0.1.0', host: 'browser', platform: 'linux', nativeDialogs: false, notices: [], preferences: preferencesSchema.parse({}),
    versions: { Node: '24.21.0' }, logFolder: '/home/ada/.local/share/servescape/logs',
  }, { summary: '', items: [{ id: 'docker', label: 'Docker', state: 'warn', fact: 'installed, not running', fix: '' }] }, ['a fault at /home/ada/x'], '/home/ada');
  expect(text).toContain('Servescape 0.1.0, browser page\nNode 24.21.0');
  expect(text).toContain('warn   Docker: installed, not running');
  expect(text).toContain('a fault at ~/x');
  expect(text).not.toContain('/home/ada');
});

it('a page in a browser is told what to do instead of what only a window can', async () => {
  const services = shellServices(null, '/logs');
  await expect(services['shell.openLogs']({})).rejects.toMatchObject({ code: 'unsupported', details: { hint: 'The log is in /logs.' } });
  await expect(services['shell.zoom']({ by: 1 })).rejects.toMatchObject({ code: 'unsupported' });
  await expect(services['shell.offer']({ commands: [] })).resolves.toBeNull();
});
