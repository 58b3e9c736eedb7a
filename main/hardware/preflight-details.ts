import type { ErrorData } from '../domain/errors.ts';
import { formatMemory } from '../domain/format.ts';
import type { GpuCardInfo, PreflightItem } from '../contract/values.ts';
import type { DockerState } from '../serving/docker/docker-probe.ts';
import type { NvidiaSmiAnswer } from './gpu/find-gpus.ts';

/** What stands behind the lines of the first screen; shown on the page of this machine. */
export interface DetailFindings {
  readonly docker: DockerState;
  readonly gpus: NvidiaSmiAnswer;
  /** Null where there is no GPU to ask. */
  readonly cards: readonly GpuCardInfo[] | ErrorData | null;
  /** Where projects and drafts are kept; null where the system does not say. */
  readonly freeDiskMb: number | null;
}

export function detailItems({ docker, gpus, cards, freeDiskMb }: DetailFindings): readonly PreflightItem[] {
  return [diskItem(freeDiskMb), socketItem(docker), toolkitItem(docker, gpus), driverItem(gpus), clocksItem(cards)];
}

type Look = Omit<PreflightItem, 'id' | 'label'>;

/** A long study with all round trips is some hundred MB. */
const FREE_DISK_MB_LEAST = 1024;

function diskItem(freeMb: number | null): PreflightItem {
  const labelled = (look: Look): PreflightItem => ({ id: 'disk', label: 'Room on the disk', ...look });
  if (freeMb === null) return labelled({ state: 'absent', fact: 'unknown', fix: '' });
  const fact = `${formatMemory(freeMb)} free for projects`;
  if (freeMb >= FREE_DISK_MB_LEAST) return labelled({ state: 'ok', fact, fix: '' });
  return labelled({ state: 'warn', fact, fix: 'Free some space: a run pauses when its file cannot grow. Nothing measured is lost.' });
}

function socketItem(docker: DockerState): PreflightItem {
  const labelled = (look: Look): PreflightItem => ({ id: 'socket', label: 'Docker permission', ...look });
  switch (docker.kind) {
    case 'running':
      return labelled({ state: 'ok', fact: 'this user may use it', fix: '' });
    case 'no-permission':
      return labelled({ state: 'bad', fact: `no access to ${docker.socket}`, fix: 'sudo usermod -aG docker $USER, then log in again.' });
    default:
      return labelled({ state: 'absent', fact: 'no engine to ask', fix: '' });
  }
}

function toolkitItem(docker: DockerState, gpus: NvidiaSmiAnswer): PreflightItem {
  const labelled = (look: Look): PreflightItem => ({ id: 'toolkit', label: 'NVIDIA toolkit', ...look });
  if (docker.kind !== 'running') return labelled({ state: 'absent', fact: 'no engine to ask', fix: '' });
  if (docker.runtimes === undefined) return labelled({ state: 'absent', fact: 'the engine does not list its runtimes', fix: '' });
  if (docker.runtimes.includes('nvidia')) return labelled({ state: 'ok', fact: 'installed; containers can use the GPU', fix: '' });
  if (gpus.kind !== 'found') return labelled({ state: 'absent', fact: 'not installed', fix: 'Only needed with an NVIDIA card.' });
  return labelled({ state: 'warn', fact: 'not installed; containers cannot use the GPU', fix: 'Install nvidia-container-toolkit, then: sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker' });
}

function driverItem(gpus: NvidiaSmiAnswer): PreflightItem {
  const labelled = (look: Look): PreflightItem => ({ id: 'driver', label: 'NVIDIA driver', ...look });
  if (gpus.kind === 'absent') return labelled({ state: 'absent', fact: 'nvidia-smi was not found', fix: '' });
  if (gpus.kind === 'failed') return labelled({ state: 'bad', fact: gpus.reason, fix: 'Run nvidia-smi in a terminal; load the driver (sudo modprobe nvidia) or install it again.' });
  return labelled({ state: 'ok', fact: `version ${[...new Set(gpus.gpus.map(({ driver }) => driver))].join(', ')}`, fix: '' });
}

function clocksItem(cards: DetailFindings['cards']): PreflightItem {
  const labelled = (look: Look): PreflightItem => ({ id: 'clocks', label: 'GPU clocks', ...look });
  if (cards === null || ('length' in cards && cards.length === 0)) return labelled({ state: 'absent', fact: 'no GPU', fix: '' });
  if (!('length' in cards)) return labelled({ state: 'warn', fact: 'cannot be read', fix: [cards.message, cards.hint ?? ''].join(' ').trim() });
  const moved = cards.filter(({ applicationMhz, usualMhz }) => applicationMhz !== null && usualMhz !== null && applicationMhz !== usualMhz);
  if (moved.length > 0) {
    const fact = moved.map(({ index, applicationMhz, usualMhz }) => `GPU ${index} at ${applicationMhz} MHz instead of ${usualMhz} MHz`).join(', ');
    return labelled({ state: 'warn', fact, fix: 'Somebody has changed it. To put it back: Commands, Restore GPU clocks now.' });
  }
  const settable = cards.filter(({ applicationMhz, mig }) => applicationMhz !== null && !mig);
  const clock = ({ index, smClockMhz, maxSmClockMhz }: GpuCardInfo): string => `GPU ${index} at ${smClockMhz ?? '–'} of ${maxSmClockMhz ?? '–'} MHz`;
  const fact = `${cards.map(clock).join(', ')}; ${settable.length > 0 ? 'as usual' : 'the card has no clock that could be set'}`;
  return labelled({ state: 'ok', fact, fix: settable.length > 0 ? 'Whether this user may set it is tried, and undone, when a study that searches it starts.' : '' });
}
