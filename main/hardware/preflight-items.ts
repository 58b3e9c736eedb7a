import { counted } from '../domain/format.ts';
import { replicaCapacity, type Machine } from '../domain/machine.ts';
import type { ErrorData } from '../domain/errors.ts';
import type { CheckState, PreflightItem, PreflightReport } from '../contract/values.ts';
import type { DockerState } from '../serving/docker/docker-probe.ts';
import type { NvidiaSmiAnswer } from './gpu/find-gpus.ts';
import { detailItems, type DetailFindings } from './preflight-details.ts';
import type { PowerPlan } from './power-plan.ts';

export interface ServerStart {
  readonly seconds: number;
  /** How its limits were enforced, in words. */
  readonly enforcement: string;
}

/** Everything that was found out about this machine. */
export interface Findings extends DetailFindings {
  readonly server: ServerStart | ErrorData;
  readonly machine: Machine;
  readonly freeMemoryMb: number;
  /** 0–1. */
  readonly backgroundLoad: number | null;
  readonly powerPlan: PowerPlan;
}

/** The findings in words: one line each, and the sentence over them. */
export function reportFindings(findings: Findings): PreflightReport {
  const items = [
    serverItem(findings.server),
    dockerItem(findings.docker),
    gpuItem(findings.gpus),
    processorItem(findings.machine),
    memoryItem(findings.machine, findings.freeMemoryMb),
    backgroundItem(findings.backgroundLoad),
    powerItem(findings.powerPlan),
  ];
  return { summary: summarise(items), items: [...items, ...detailItems(findings)] };
}

const NUMBER_WORDS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven'];

/** "Ready for studies with the built-in server. Two things to look at, neither stops you." */
function summarise(items: readonly PreflightItem[]): string {
  const server = items.find(({ id }) => id === 'server');
  const others = items.filter(({ id, state }) => id !== 'server' && (state === 'warn' || state === 'bad')).length;
  if (server?.state !== 'ok') return 'The built-in server does not start yet. Mend that first; simulated studies run as they are.';
  const ready = 'Ready for studies with the built-in server.';
  if (others === 0) return `${ready} Nothing to look at.`;
  const things = `${NUMBER_WORDS[others] ?? String(others)} ${others === 1 ? 'thing' : 'things'} to look at`;
  return `${ready} ${things}, ${others === 1 ? 'it does not stop' : others === 2 ? 'neither stops' : 'none stops'} you.`;
}

function item(id: PreflightItem['id'], label: string, state: CheckState, fact: string, fix = ''): PreflightItem {
  return { id, label, state, fact, fix };
}

function serverItem(server: ServerStart | ErrorData): PreflightItem {
  const label = 'Built-in server';
  if ('code' in server) return item('server', label, 'bad', 'does not start', [server.message, server.hint ?? ''].join(' ').trim());
  return item('server', label, 'ok', `ready, ${server.seconds.toFixed(1)} s to start; limits by ${server.enforcement}`);
}

function dockerItem(docker: DockerState): PreflightItem {
  const label = 'Docker';
  switch (docker.kind) {
    case 'running':
      return item('docker', label, 'ok', `running, ${docker.name ?? ''}${docker.name === undefined ? '' : ' '}version ${docker.version}${docker.where === undefined ? '' : `, at ${docker.where}`}`, networkNote(docker.netem));
    case 'not-running':
      return item('docker', label, 'warn', 'installed, not running', 'Only needed for studies with Docker. Start Docker Desktop, or on Linux: sudo systemctl start docker');
    case 'no-permission':
      return item('docker', label, 'warn', 'running, but not for this user', `You may not open ${docker.socket}. On Linux: sudo usermod -aG docker $USER, then log in again.`);
    case 'unusable':
      return item('docker', label, 'warn', 'does not answer', docker.reason);
    case 'not-installed':
      return item('docker', label, 'absent', 'not installed', 'Only needed for studies with Docker: docs.docker.com/get-docker');
  }
}

/** Known only where this user may ask; a study finds out by itself. */
function networkNote(netem: Extract<DockerState, { kind: 'running' }>['netem']): string {
  return netem === 'absent' ? 'Network impairment goes through a proxy before each replica; this kernel has no netem of its own.' : '';
}

function gpuItem(gpus: NvidiaSmiAnswer): PreflightItem {
  const label = 'GPU';
  if (gpus.kind === 'absent') return item('gpu', label, 'absent', 'none found; clock is off', 'The GPU clock can be searched only with an NVIDIA card and its driver (nvidia-smi). Everything else works without.');
  if (gpus.kind === 'failed') return item('gpu', label, 'warn', 'found, not usable', `${capitalised(gpus.reason)}. Reinstall or load the NVIDIA driver to search the GPU clock.`);
  const [first] = gpus.gpus;
  const more = gpus.gpus.length > 1 ? `, ${gpus.gpus.length} cards` : '';
  return item('gpu', label, 'ok', `${first?.name ?? ''}, ${gigabytes(first?.memoryMb ?? 0)}${more}`);
}

function processorItem(machine: Machine): PreflightItem {
  const { cores } = replicaCapacity(machine);
  const fact = `${counted(machine.cores, 'core')}, ${cores} for replicas`;
  if (machine.cores > 2) return item('processor', 'Processor', 'ok', fact);
  return item('processor', 'Processor', 'warn', fact, 'With so few cores replicas and load generator get in each other’s way. Compare configurations, not machines.');
}

/** Below this a study of a few replicas may not fit. */
const FREE_MEMORY_MB_LEAST = 2048;

function memoryItem(machine: Machine, freeMb: number): PreflightItem {
  const fact = `${gigabytes(machine.memoryMb)}, ${gigabytes(freeMb)} free`;
  if (freeMb >= FREE_MEMORY_MB_LEAST) return item('memory', 'Memory', 'ok', fact);
  return item('memory', 'Memory', 'warn', fact, 'Close other programs, or search fewer replicas: a replica without memory fails its trial.');
}

/** From this share on other work shows up in round trips. */
const BACKGROUND_SHARE_MOST = 0.15;

function backgroundItem(load: number | null): PreflightItem {
  const label = 'Background load';
  if (load === null) return item('background', label, 'absent', 'unknown');
  const fact = `${Math.round(load * 100)} %`;
  if (load <= BACKGROUND_SHARE_MOST) return item('background', label, 'ok', fact);
  return item('background', label, 'warn', `${fact}; may slow trials`, 'Other programs are busy. Close them before a study you want to compare.');
}

const SLOW_GOVERNORS = ['powersave', 'conservative'];

function powerItem({ governor, onBattery }: PowerPlan): PreflightItem {
  const label = 'Power plan';
  if (onBattery === true) return item('power', label, 'warn', 'on battery; may slow trials', 'Plug the machine in: on battery the processor changes its speed during a study.');
  if (governor === null) return item('power', label, 'absent', 'not told by this system', 'Set the energy settings to best performance if there are any.');
  if (SLOW_GOVERNORS.includes(governor)) {
    return item('power', label, 'warn', `${governor}; may slow trials`, 'For steady speed: powerprofilesctl set performance, or sudo cpupower frequency-set -g performance');
  }
  return item('power', label, 'ok', governor);
}

function gigabytes(mb: number): string {
  return `${Number((mb / 1024).toFixed(1))} GB`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
