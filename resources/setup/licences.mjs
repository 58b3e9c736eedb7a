import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './tools.mjs';

/**
 * The licences of everything that is shipped, from the lockfile: the production dependencies, and what the build puts into the
 * page. `npm run licences` writes THIRD-PARTY.md; the tests check that it is up to date and that each licence may be used.
 */
const IN_THE_PAGE = ['svelte', 'bits-ui', 'chart.js', 'chartjs-plugin-annotation'];
const SHELL = ['electron'];

/** Permissive ones: nothing that would bind a program which only uses it. */
export const ALLOWED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense', 'Zlib', 'CC0-1.0', 'BlueOak-1.0.0', 'Python-2.0'];

export function shippedPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const shipped = new Set(Object.entries(packages).filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional).map(([path]) => path));
  const add = (path) => {
    if (!(path in packages) || shipped.has(path)) return;
    shipped.add(path);
    for (const name of Object.keys(packages[path].dependencies ?? {})) {
      const nested = `${path}/node_modules/${name}`;
      add(nested in packages ? nested : `node_modules/${name}`);
    }
  };
  for (const name of IN_THE_PAGE) add(`node_modules/${name}`);
  for (const name of SHELL) shipped.add(`node_modules/${name}`);
  return [...shipped].map((path) => ({ name: path.slice(path.lastIndexOf('node_modules/') + 13), version: packages[path].version, licence: packages[path].license ?? licenceOf(path) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
}

/** Older packages say it in another field, or only in their licence file. */
function licenceOf(path) {
  const folder = join(root, path);
  if (!existsSync(folder)) return 'unknown';
  const { license, licenses } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license === 'string') return license;
  if (Array.isArray(licenses) && licenses[0]?.type) return licenses[0].type;
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file !== undefined && /Permission is hereby granted, free of charge/.test(readFileSync(join(folder, file), 'utf8')) ? 'MIT' : 'unknown';
}

export function licenceList() {
  const lines = shippedPackages().map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  return ['# What is shipped, and under which licence', '', 'Written by `npm run licences` from the lockfile.', '', '| package | version | licence |', '|---|---|---|', ...lines, ''].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(join(root, 'THIRD-PARTY.md'), licenceList());
