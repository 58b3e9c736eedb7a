import { ServescapeError } from '../../domain/errors.ts';
import type { ServingConfiguration } from '../../domain/serving-configuration.ts';
import { nodeName, type NodeAnswer, type TaskAnswer } from './swarm-answers.ts';

/** What is known about the replica a task belongs to. Counted from 0. */
export interface TaskScene {
  readonly index: number;
  readonly node: NodeAnswer | undefined;
  readonly serving: Pick<ServingConfiguration, 'replicas' | 'cpuCores' | 'memoryMb'>;
  readonly image: string;
}

const OVER = new Set(['complete', 'failed', 'shutdown', 'rejected', 'orphaned', 'remove']);

export function isOver({ Status }: TaskAnswer): boolean {
  return OVER.has(Status.State);
}

/** Why a node refused to run a task, in words. */
export function rejected({ Status }: TaskAnswer, { index, node, image }: TaskScene): ServescapeError {
  const where = nodeName(node);
  const said = Status.Err ?? Status.Message ?? 'it did not say why';
  if (/no such image|pull access denied|not found: manifest|manifest unknown|repository .* not found/i.test(said)) {
    return new ServescapeError('image-missing', `Node ${where} has no image ${image}, so replica ${index + 1} could not start there.`, {
      hint: `Load it there: docker save IMAGE | docker -H ssh://${where} load. Or list the node's engine in Design, then it is copied.`,
    });
  }
  if (/bind source path does not exist|invalid mount config/i.test(said)) {
    return new ServescapeError('model-missing', `Node ${where} does not have the model folder (${said}).`, {
      hint: "Put it on a shared folder with the same path on every node, or list the nodes' engines in Design, then it is copied.",
    });
  }
  if (/no space left on device/i.test(said)) {
    return new ServescapeError('disk-full', `The disk of node ${where} is full: replica ${index + 1} could not start there.`, { hint: 'Free space on that node, then run the trial again.' });
  }
  return new ServescapeError('backend-unavailable', `Node ${where} refused replica ${index + 1}: ${said}.`, { hint: "The words after the colon are Docker's own." });
}

/** No node takes a task, and the scheduler has said why. */
export function unplaceable({ Status }: TaskAnswer, { index, serving }: TaskScene, placement: readonly string[]): ServescapeError {
  const said = (Status.Err ?? Status.Message ?? '').replace(/^no suitable node \((.*)\)$/, '$1');
  const each = `${serving.cpuCores.toFixed(2)} cores and ${serving.memoryMb} MB`;
  if (/scheduling constraints not satisfied/i.test(said)) {
    return new ServescapeError('limit-above-machine', `No node fulfils the placement ${placement.join(' and ')} for replica ${index + 1} (${said}).`, {
      hint: 'Check the labels with: docker node inspect NODE. Or take the constraint out in Design.',
    });
  }
  return new ServescapeError('limit-above-machine', `No node of the swarm has room for replica ${index + 1} of ${serving.replicas} with ${each}: ${said || 'no suitable node'}.`, {
    hint: 'Lower the most replicas, CPU or memory, or see under Nodes who takes the room.',
  });
}

export function nodeLost({ index, node }: Pick<TaskScene, 'index' | 'node'>): ServescapeError {
  const said = node?.Status?.Message;
  return new ServescapeError('node-lost', `Node ${nodeName(node)} went away while replica ${index + 1} ran there${said ? ` (the swarm says: ${said})` : ''}.`, {
    hint: 'Check that machine and its network. The next trial runs on the nodes that are left.',
  });
}

export function noManager(words: string): ServescapeError {
  return new ServescapeError('unsupported', `The engine at ${words} is no manager of a Docker swarm.`, {
    hint: 'Choose a manager in Design under “Engines”, or make this one a swarm of one node: docker swarm init',
  });
}
