import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

it('packages the built program, its templates, models and data, and opens .servescape files', async () => {
  const config = await read('electron-builder.yml');
  for (const needed of ['out/**/*', 'package.json', 'templates,models,data,examples', 'ext: servescape', 'AppImage', 'deb', 'dmg', 'nsis']) {
    expect(config).toContain(needed);
  }
});

it('starts in the file the build makes', async () => {
  const { main } = JSON.parse(await read('package.json')) as { main: string };
  const config = await read('electron.vite.config.ts');
  expect(main).toBe('out/main/main.js');
  expect(config).toContain("main: from('electron/main.ts')");
});

it('ships Electron without the doors that are not needed', async () => {
  const config = await read('electron-builder.yml');
  for (const fuse of ['enableNodeOptionsEnvironmentVariable: false', 'enableNodeCliInspectArguments: false', 'grantFileProtocolExtraPrivileges: false', 'enableCookieEncryption: true']) {
    expect(config).toContain(fuse);
  }
});
