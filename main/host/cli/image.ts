import { BUNDLED_IMAGE } from '../../domain/study-spec.ts';
import { badInput, ServescapeError } from '../../domain/errors.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine } from './arguments.ts';
import { createProgressPainter } from './progress-line.ts';
import { withProgram } from './program.ts';
import { textTable } from './text-table.ts';
import { watchToEnd } from './watch-stream.ts';

export const IMAGE: Command = {
  usage: `image list|build|pull [NAME] [--json]
  list        images on Docker's machine, and the state of the bundled server's
  build       makes the bundled server's image here; asks no registry
  pull NAME   fetches an image, for example tensorflow/serving:2.19.1`,
  run: runImage,
};

const STATES = {
  ready: 'ready', outdated: 'made from an earlier version; built again when it is next used', absent: 'not built yet; built when it is first used',
  impossible: 'cannot be built on this machine',
} as const;

async function runImage(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals: [action, name, ...more] } = parseCommandLine(args, { json: { type: 'boolean' } }, { least: ['list|build|pull'], most: ['list|build|pull', 'NAME'] });
  if (action !== 'list' && action !== 'build' && action !== 'pull') throw badInput('action', action, 'list, build or pull');
  if (action === 'pull' && name === undefined) throw badInput('NAME', undefined, 'an image such as tensorflow/serving:2.19.1');
  if (action !== 'pull' && name !== undefined) throw badInput('argument', name, `nothing after ${action}`);
  if (more.length > 0) throw badInput('argument', more[0], 'one NAME');
  return withProgram(entryUrl, async ({ client }) => {
    if (action !== 'list') {
      const painter = createProgressPainter(process.stderr);
      await watchToEnd(client, 'images.prepare', { reference: action === 'build' ? BUNDLED_IMAGE : name! }, (progress) => {
        const share = progress.share === null ? '' : `${Math.round(progress.share * 100)} %  `;
        painter.live(`${progress.reference}  ${share}${progress.text}`);
      });
      painter.done();
    }
    const list = await client.call('images.list', {});
    if (list.problem !== null) throw ServescapeError.fromData(list.problem);
    if (values.json) console.log(JSON.stringify(list));
    else {
      const { bundled } = list;
      console.log(`${list.engine}\nBundled server (not TensorFlow Serving): ${bundled.reference}, ${STATES[bundled.state]}\n`);
      const rows = list.images.map(({ reference, sizeMb, serves }) => [reference, sizeMb.toFixed(0), serves ? 'serves models' : '']);
      console.log(rows.length === 0 ? 'No images.' : textTable([{ head: 'image', align: 'left' }, { head: 'MB', align: 'right' }, { head: '', align: 'left' }], rows));
    }
    return 0;
  });
}
