import { errorData, ServescapeError } from '../domain/errors.ts';
import { asksGpuClock, type GpuClockList } from '../domain/gpu.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { GpuCardInfo, HardwareFacts } from '../contract/values.ts';
import type { Hardware } from '../study/ports.ts';
import { createHardware } from './energy/hardware.ts';
import { probeRapl } from './energy/rapl.ts';
import { listCards, type Card } from './gpu/cards.ts';
import { createClockKeeper } from './gpu/clock-keeper.ts';
import { needsEnergy, refuseUnreadable } from './energy/refuse-unreadable.ts';
import { refuseUnlisted } from './gpu/refuse-unlisted.ts';

type Backend = StudySpec['backend'];

export interface StudyHardwareOptions {
  /** The app's data folder: what is changed is noted there first. */
  readonly folder: string;
  readonly nowMs: () => number;
  readonly program?: string;
  readonly raplRoot?: string;
  /** Whether replicas run on other machines: what is read and set here is nothing of theirs. */
  readonly isElsewhere?: (backend: Backend) => boolean;
}

/** Why nothing is read or set for replicas on another machine. */
const ELSEWHERE: HardwareFacts = {
  gpu: { kind: 'unusable', reason: 'The replicas run on another machine, whose GPU clock cannot be set from here.', hint: 'Leave the GPU clock out of the search, or use the engine of this machine.' },
  energy: { source: 'none', reason: 'The replicas run on another machine, whose energy counters cannot be read from here.' },
};

/** GPUs and energy of this machine, for studies that run on it. */
export interface StudyHardware {
  /** Undefined: the study's replicas are elsewhere. */
  readonly hardwareFor: (spec: StudySpec) => Hardware | undefined;
  /** What can be read and set here. Asks the harmless question only. */
  readonly facts: (backend: Backend) => Promise<HardwareFacts>;
  readonly supportedClocks: (backend: Backend) => Promise<GpuClockList>;
  /** Before a run: the spec with the clocks the driver lists; throws `clock-refused` where the clock cannot be set after all. */
  readonly prepare: (spec: StudySpec) => Promise<StudySpec>;
  readonly cards: () => Promise<readonly GpuCardInfo[]>;
  readonly recover: () => Promise<readonly string[]>;
  readonly restoreNow: (everything: boolean) => Promise<readonly string[]>;
}

export function createStudyHardware({ folder, nowMs, program = 'nvidia-smi', raplRoot, isElsewhere = () => false }: StudyHardwareOptions): StudyHardware {
  const keeper = createClockKeeper({ folder, program });
  /** Why the clock was refused the last time it was tried. */
  let refusal: { reason: string; hint: string } | null = null;

  const facts = async (backend: Backend): Promise<HardwareFacts> => {
    if (isElsewhere(backend)) return ELSEWHERE;
    const found = await listCards(program).then((cards) => chosen(cards, indicesOf(backend)), (error: unknown) => errorData(error));
    return { gpu: gpuFacts(found, refusal, backend), energy: energyFacts('length' in found && found.some(({ powerW }) => powerW !== null), backend, raplRoot) };
  };

  const prepare = async (spec: StudySpec): Promise<StudySpec> => {
    if (needsEnergy(spec)) refuseUnreadable(spec, await facts(spec.backend));
    if (!asksGpuClock(spec)) return spec;
    if (isElsewhere(spec.backend) && ELSEWHERE.gpu.kind === 'unusable') throw new ServescapeError('clock-refused', ELSEWHERE.gpu.reason, { hint: ELSEWHERE.gpu.hint });
    const indices = indicesOf(spec.backend);
    const clocks = keeper.clocksFor(indices);
    const known = spec.gpuClocks && (await isSameHardware(spec.gpuClocks, program, indices)) ? spec.gpuClocks : null;
    const list = known ?? (await clocks.supported());
    refuseUnlisted(spec, list);
    try {
      // Whether it may be set is only known by setting it.
      await clocks.set(list.clocksMhz.at(-1)!, list.memoryMhz);
      refusal = null;
    } catch (error) {
      const { message, hint = '' } = errorData(error);
      refusal = { reason: message, hint };
      throw error;
    } finally {
      await clocks.restore();
    }
    return known ? spec : { ...spec, gpuClocks: list };
  };

  return {
    prepare,
    hardwareFor: (spec) => {
      if (isElsewhere(spec.backend)) return undefined;
      const indices = indicesOf(spec.backend);
      return createHardware({
        clocks: keeper.clocksFor(indices), nowMs, program, ...(raplRoot !== undefined && { raplRoot }),
        gpus: async () => {
          if (!takesPart(spec)) return null;
          const cards = chosen(await listCards(program), indices);
          return cards.length === 0 ? null : { indices, driver: cards[0]!.driver };
        },
      });
    },
    facts,
    supportedClocks: (backend) => keeper.clocksFor(indicesOf(backend)).supported(),
    cards: async () => (await listCards(program)).map(cardInfo),
    recover: keeper.recover,
    restoreNow: keeper.restoreNow,
  };
}

/** Null: every card. */
function indicesOf(backend: Backend): readonly number[] | null {
  return backend.kind !== 'docker' || !/^\d/.test(backend.gpus) ? null : backend.gpus.split(',').map(Number);
}

function takesPart(spec: StudySpec): boolean {
  return asksGpuClock(spec) || (spec.backend.kind === 'docker' && spec.backend.gpus !== 'none');
}

function chosen(cards: readonly Card[], indices: readonly number[] | null): readonly Card[] {
  return indices === null ? cards : cards.filter(({ index }) => indices.includes(index));
}

async function isSameHardware(list: GpuClockList, program: string, indices: readonly number[] | null): Promise<boolean> {
  const cards = chosen(await listCards(program), indices);
  return cards.map(({ name }) => name).join() === list.cards.join() && cards[0]?.driver === list.driver;
}

function gpuFacts(found: readonly Card[] | { readonly message: string; readonly hint?: string }, refusal: { reason: string; hint: string } | null, backend: Backend): HardwareFacts['gpu'] {
  if ('message' in found) return { kind: 'unusable', reason: found.message, hint: found.hint ?? '' };
  if (found.length === 0) return { kind: 'unusable', reason: 'No NVIDIA GPU was found on this machine, so its clock cannot be searched.', hint: '' };
  const divided = found.find(({ mig }) => mig);
  if (divided) {
    return { kind: 'unusable', reason: `${divided.name} is divided into instances (MIG), and its clock belongs to all of them.`, hint: `An administrator can end that with: sudo nvidia-smi -i ${divided.index} -mig 0` };
  }
  if (refusal !== null) return { kind: 'unusable', ...refusal };
  return { kind: 'usable', cards: found.map(({ name }) => name), note: noteFor(backend) };
}

function noteFor(backend: Backend): string {
  if (backend.kind === 'local') return 'The built-in server works on the processor: the clock is set, but its times do not follow it.';
  if (backend.kind === 'docker' && backend.gpus === 'none') return 'The Docker replicas get no GPU: the clock is set, but their times do not follow it.';
  return '';
}

function energyFacts(gpuPower: boolean, backend: Backend, raplRoot: string | undefined): HardwareFacts['energy'] {
  const rapl = probeRapl(raplRoot);
  const gpu = gpuPower && backend.kind === 'docker' && backend.gpus !== 'none';
  if (rapl.kind === 'readable') return { source: gpu ? 'processor-and-gpu' : 'processor', reason: '' };
  const why = rapl.kind === 'forbidden'
    ? 'The processor’s energy counters may be read by the administrator only (sudo chmod -R a+r /sys/class/powercap/intel-rapl).'
    : 'This machine has no energy counters that could be read.';
  return gpu ? { source: 'gpu', reason: why } : { source: 'none', reason: why };
}

function cardInfo({ index, name, driver, mig, smClockMhz, maxSmClockMhz, application, defaultApplication, powerW, temperatureC }: Card): GpuCardInfo {
  return {
    index, name, driver, mig, smClockMhz, maxSmClockMhz, powerW, temperatureC,
    applicationMhz: application?.graphicsMhz ?? null, usualMhz: defaultApplication?.graphicsMhz ?? null,
  };
}

/** The simulated machine has a GPU whose clock can be set by everybody, and knows its energy. */
export function simulatedFacts(): HardwareFacts {
  return { gpu: { kind: 'usable', cards: ['Simulated GPU'], note: '' }, energy: { source: 'processor', reason: '' } };
}

/** The spec with the clocks of the simulated GPU, where it asks for one. */
export function prepareWithClocks(spec: StudySpec, list: GpuClockList): StudySpec {
  if (!asksGpuClock(spec)) return spec;
  refuseUnlisted(spec, list);
  return spec.gpuClocks?.driver === list.driver ? spec : { ...spec, gpuClocks: list };
}
