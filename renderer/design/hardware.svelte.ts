import { createContext } from 'svelte';
import { ServescapeError } from '../../main/domain/errors.ts';
import { asksGpuClock, ENERGY_SOURCE_WORDS, type GpuClockList } from '../../main/domain/gpu.ts';
import type { MetricName } from '../../main/domain/metric.ts';
import type { StudySpec } from '../../main/domain/study-spec.ts';
import type { HardwareFacts } from '../../main/contract/values.ts';
import type { Client } from '../../main/contract/client.ts';

/** What GPU clock and energy can do on the chosen backend. Its own question is harmless; clocks are asked for on request only. */
export class HardwareView {
  /** Null until it is known, and where the host does not say. */
  facts: HardwareFacts | null = $state.raw(null);
  /** The driver is being asked for its clocks. */
  asking = $state(false);
  /** Why it did not list them. */
  refused: string | null = $state(null);
  readonly #client: () => Client;
  #asked = 0;

  constructor(client: () => Client) {
    this.#client = client;
  }

  async look(backend: StudySpec['backend']): Promise<void> {
    const mine = ++this.#asked;
    const facts = await this.#client().call('hardware.facts', { backend }).catch(() => null);
    if (mine === this.#asked) this.facts = facts;
  }

  /** The clocks that can be set; null when the driver refused, which `refused` then explains. */
  async askClocks(backend: StudySpec['backend']): Promise<GpuClockList | null> {
    if (this.asking) return null;
    this.asking = true;
    this.refused = null;
    try {
      return await this.#client().call('hardware.gpuClocks', { backend });
    } catch (error) {
      const hint = error instanceof ServescapeError ? (error.details.hint ?? '') : '';
      this.refused = `${error instanceof Error ? error.message : String(error)} ${hint}`.trim();
      return null;
    } finally {
      this.asking = false;
    }
  }
}

/** Why the GPU clock cannot be searched here; null when it can. */
export function noClockReason(facts: HardwareFacts | null, gpuFound: boolean): string | null {
  if (facts === null) return gpuFound ? 'Looking at the GPU.' : 'No NVIDIA GPU was found on this machine, so its clock cannot be searched.';
  return facts.gpu.kind === 'usable' ? null : `${facts.gpu.reason} ${facts.gpu.hint}`.trim();
}

/** Why a figure cannot be measured on this machine; null when it can, or when nothing is known yet. */
export function unreadableReason(metric: MetricName, spec: StudySpec, facts: HardwareFacts | null): string | null {
  if (facts === null) return null;
  const gpuPower = facts.gpu.kind === 'usable' && (asksGpuClock(spec) || (spec.backend.kind === 'docker' && spec.backend.gpus !== 'none'));
  if (metric === 'gpuPowerW') return gpuPower ? null : 'No GPU takes part in this study';
  if (metric !== 'energyJ' && metric !== 'joulesPerRequest') return null;
  return facts.energy.source === 'none' && !gpuPower ? `${facts.energy.reason} CPU in use stands for energy.` : null;
}

/** Where an energy figure will come from, for the line under the objective; empty for other figures. */
export function sourceWords(metric: MetricName, spec: StudySpec, facts: HardwareFacts | null): string {
  if (facts === null || (metric !== 'energyJ' && metric !== 'joulesPerRequest')) return '';
  const withGpu = facts.gpu.kind === 'usable' && asksGpuClock(spec);
  const source = !withGpu ? facts.energy.source : facts.energy.source === 'none' || facts.energy.source === 'gpu' ? 'gpu' : 'processor-and-gpu';
  return `Read from: ${ENERGY_SOURCE_WORDS[source]}.`;
}

const [getHardware, setHardware] = createContext<HardwareView>();
export { getHardware, setHardware };
