import { ServescapeError } from '../../domain/errors.ts';
import { asksGpuClock } from '../../domain/gpu.ts';
import { METRICS, type MetricName } from '../../domain/metric.ts';
import type { StudySpec } from '../../domain/study-spec.ts';
import type { HardwareFacts } from '../../contract/values.ts';

const ENERGY_METRICS: readonly MetricName[] = ['joulesPerRequest', 'energyJ', 'gpuPowerW'];

/** Whether the study's result hangs on a figure that not every machine can read. */
export function needsEnergy(spec: StudySpec): boolean {
  return metricsOf(spec).some((metric) => ENERGY_METRICS.includes(metric));
}

/** Refuses a study whose objective or condition could not be read in any of its trials. */
export function refuseUnreadable(spec: StudySpec, { gpu, energy }: HardwareFacts): void {
  const withGpu = asksGpuClock(spec) || (spec.backend.kind === 'docker' && spec.backend.gpus !== 'none');
  for (const metric of metricsOf(spec)) {
    const gpuPower = withGpu && gpu.kind === 'usable';
    const readable = metric === 'gpuPowerW' ? gpuPower : !ENERGY_METRICS.includes(metric) || energy.source !== 'none' || gpuPower;
    if (readable) continue;
    const why = metric === 'gpuPowerW' ? 'no GPU takes part in this study.' : energy.reason;
    throw new ServescapeError('unsupported', `${METRICS[metric].label} cannot be measured here: ${why}`, {
      hint: `Choose ${METRICS.cpuCores.label} instead: it stands for energy in the source report.`, field: 'objective.metric',
    });
  }
}

function metricsOf({ objective }: StudySpec): readonly MetricName[] {
  return [objective.metric, ...objective.constraints.map(({ metric }) => metric)];
}
