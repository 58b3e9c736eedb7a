import { resolve } from 'node:path';
import { formatMs } from '../../domain/format.ts';
import type { NodeInfo } from '../../domain/node-report.ts';
import { usualBackend } from '../../domain/study-spec.ts';
import type { Command } from '../cli.ts';
import { listOf, oneOf, parseCommandLine } from './arguments.ts';
import { withProgram } from './program.ts';
import { NO_OVERRIDES, readSpec } from './spec-file.ts';

export const NODES: Command = {
  usage: `nodes [STUDY] [--backend docker|swarm] [--engines LIST] [--json]
  The machines a study may run on: cores, memory and GPUs with what is taken, images, clocks, who runs what.
  STUDY        a study or project file; its engines are looked at
  --backend    without a study: docker (usual) or swarm
  --engines    Docker contexts or addresses, separated by commas; for a swarm a manager first`,
  run: runNodes,
};

async function runNodes(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { backend: { type: 'string' }, engines: { type: 'string' }, json: { type: 'boolean' } }, { most: ['STUDY'] });
  const kind = oneOf('--backend', values.backend, ['docker', 'swarm']) ?? 'docker';
  const engines = listOf(values.engines);
  const chosen = positionals[0] === undefined ? usualBackend(kind) : (await readSpec('STUDY', resolve(positionals[0]), NO_OVERRIDES)).spec.backend;
  const backend = engines === undefined || !('image' in chosen) ? chosen : { ...chosen, engines };
  return withProgram(entryUrl, async ({ client }) => {
    const report = await client.call('nodes.list', { backend });
    if (values.json) console.log(JSON.stringify(report));
    else console.log([`${report.summary}, image ${report.image}`, ...report.nodes.flatMap(linesOf)].join('\n'));
    return report.nodes.every(({ usable }) => usable) ? 0 : 1;
  });
}

function linesOf(node: NodeInfo): readonly string[] {
  const free = (total: number | null, taken: number, unit: string): string => (total === null ? `? ${unit}` : `${Number((total - taken).toFixed(2))} of ${total} ${unit} free`);
  const clock = node.clockOffsetMs === null ? 'clock not known' : `clock ${formatMs(node.clockOffsetMs)} from ours (± ${formatMs(node.clockWithinMs ?? 0)})`;
  return [
    `\n${node.usable ? '✓' : '✗'} ${node.name} (${node.role}, ${node.state}) ${node.engine} at ${node.address}`,
    `  ${free(node.cores, node.takenCores, 'cores')}, ${free(node.memoryMb, Math.round(node.takenMemoryMb), 'MB')}` +
      node.resources.map(({ kind, total, taken }) => `, ${free(total, taken, kind)}`).join(''),
    `  image ${node.image ?? 'not known'}, ${clock}`,
    ...node.work.map(({ what, count, ours }) => `  runs ${count} × ${what}${ours ? ' (ours)' : ''}`),
    ...(node.problem === '' ? [] : [`  ${node.problem}`]),
  ];
}
