import { join } from 'node:path';
import { root, runNode, toolScript } from './tools.mjs';

/** Each room group against its own library set: domain without Node and DOM, main without DOM, the page without Node. */
const TSC = toolScript('typescript', 'bin', 'tsc');
const CHECKS = [
  ['main/domain', [TSC, '-p', 'main/domain']],
  ['main', [TSC, '-p', 'main']],
  ['electron', [TSC, '-p', 'electron']],
  ['renderer', [toolScript('svelte-check', 'bin', 'svelte-check'), '--tsconfig', 'renderer/tsconfig.json', '--fail-on-warnings', '--output', 'human']],
  ['test', [TSC, '-p', 'test']],
];
const AT_ONCE = 2;

/** What has not changed since the last check is not checked again; ".cache" is not under version control. */
const incremental = (name) => ['--incremental', '--tsBuildInfoFile', join(root, '.cache', `types-${name.replaceAll('/', '-')}.json`)];

let failed = 0;
const waiting = [...CHECKS];
async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const [name, args] = check;
    const { code, text } = await runNode(args[0] === TSC ? [...args, ...incremental(name)] : args, { output: 'keep', env: { NO_COLOR: '1' } });
    console.log(`${code === 0 ? 'ok    ' : 'failed'} ${name}`);
    if (code === 0) continue;
    failed++;
    console.log(text.trimEnd());
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
process.exitCode = failed > 0 ? 1 : 0;
