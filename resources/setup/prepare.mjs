import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, readStamp, writeStamp } from './freshness.mjs';
import { withLock } from './lock.mjs';
import { root, runNode, runProcess, toolScript } from './tools.mjs';

/**
 * What every npm script needs before it runs: dependencies as in the lock file and, with --build, a build of these very
 * sources. Quick when there is nothing to do. Everything is said on standard error: standard output belongs to the script.
 */
const SOURCES = ['electron', 'main', 'renderer', 'electron.vite.config.ts', 'package.json', 'package-lock.json'];
const LEAST_NODE = [20, 20];

const say = (sentence) => process.stderr.write(`${sentence}\n`);
const buildStamp = join(root, 'out', '.built-from');

async function main() {
  refuseOldNode();
  const build = process.argv.includes('--build');
  if (isInstalled() && (!build || isBuilt())) return 0;
  const waiting = () => say('Another Servescape command is setting up; waiting for it.');
  return withLock(join(root, '.cache', 'setup.lock'), waiting, async () => (await install()) || (build ? await makeBuild() : 0));
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  say(`Servescape needs Node ${LEAST_NODE.join('.')} or newer to set itself up; this is ${process.versions.node}. Get one from https://nodejs.org.`);
  process.exit(1);
}

/** npm's own note of what it installed, against the lock file: whoever installed it, and however. */
function isInstalled() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  return present !== null && Object.entries(wanted ?? {}).every(([path, { version, optional, devOptional }]) =>
    path === '' || ((optional || devOptional) && !present[path]) || present[path]?.version === version);
}

function readPackages(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

async function install() {
  if (isInstalled()) return 0;
  say('Installing dependencies (about a minute the first time) …');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-fund', '--no-audit', '--loglevel=error'];
  const { code, text } = npm?.endsWith('.js')
    ? await runProcess(process.execPath, [npm, ...args], { output: 'keep' })
    : await runProcess(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { output: 'keep', env: { NO_COLOR: '1' } });
  if (code !== 0) {
    say(text.trimEnd());
    say('The dependencies could not be installed: npm says why above. Check the network connection and run the command again.');
    return 1;
  }
  return 0;
}

function isBuilt() {
  return existsSync(join(root, 'out', 'main', 'serve.js')) && readStamp(buildStamp) === fingerprint(root, SOURCES);
}

async function makeBuild() {
  if (isBuilt()) return 0;
  say('Building …');
  const sources = fingerprint(root, SOURCES);
  const { code, text } = await runNode([toolScript('electron-vite', 'bin', 'electron-vite.js'), 'build', '--logLevel', 'warn'], { output: 'keep', env: { NO_COLOR: '1' } });
  if (code !== 0) {
    say(text.trimEnd());
    say('The build failed: the reason is above.');
    return 1;
  }
  writeStamp(buildStamp, sources);
  return 0;
}

process.exitCode = await main();
