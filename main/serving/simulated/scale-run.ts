import { counted } from '../../domain/format.ts';
import { judgeLevel, sizeOf, type ScaleContext, type ScaleLevel, type ScaleUpdate } from '../../domain/scale-level.ts';
import { inFlightOf, packReplicas, powerOf, scaleLevels, startOfScale, trialToScale, worksOnGpu, type ScaleAssumptions } from '../../domain/scale-plan.ts';
import { balancingOf, servingConfiguration } from '../../domain/serving-configuration.ts';
import type { Study } from '../../domain/study.ts';
import { calibrate } from './calibrate.ts';
import { simulateCluster, type ClusterPlan } from './simulated-cluster.ts';
import { startMs } from './surface.ts';

export interface ScaleRun {
  readonly study: Study;
  /** Whose configuration is multiplied; null: the best. */
  readonly trial: number | null;
  readonly assumptions: ScaleAssumptions;
  readonly signal: AbortSignal;
  readonly onUpdate: (update: ScaleUpdate) => void;
}

/**
 * One configuration from few replicas to many, level by level in virtual time: the same for the same study, trial and
 * assumptions. A study that was measured is calibrated first. Aborts with the signal's reason.
 */
export async function simulateScale({ study, trial: number, assumptions, signal, onUpdate }: ScaleRun): Promise<readonly ScaleLevel[]> {
  const trial = trialToScale(study, number);
  const { spec } = study;
  const serving = servingConfiguration(spec, trial.configuration);
  const { perMachine } = packReplicas(serving, assumptions);
  const { generators, generatorThreads, requestCostMs, generatorLinkMbps, machineLinkMbps, requestBytes, answerBytes, wayMs } = assumptions;
  const common: Omit<ClusterPlan, 'factor' | 'replicas' | 'machines' | 'concurrency'> = {
    generators, generatorThreads, requestCostMs, generatorLinkMbps, machineLinkMbps, requestBytes, answerBytes, wayMs,
    serving, items: spec.environment.requestBatchSize, network: spec.environment.network, balancing: balancingOf(spec, trial.configuration),
    hasGpu: worksOnGpu(study), seed: `scale/${spec.seed}`,
  };
  const isSimulated = spec.backend.kind === 'simulated';
  let factor = 1;
  if (!isSimulated) {
    onUpdate({ kind: 'working', text: 'Calibrating the simulated server', share: 0 });
    const measuredMs = trial.measurement.meanRoundTripMs;
    // As it was measured: everything on one machine, the trial's own load, the generator's own cost, no link to be full.
    const found = await calibrate({
      ...common, replicas: serving.replicas, machines: 1, concurrency: inFlightOf(study, trial.measurement), generators: 1, generatorThreads: trial.measurement.generator.threads ?? 1,
      requestCostMs: startOfScale(study, trial).assumptions.requestCostMs, generatorLinkMbps: Infinity, machineLinkMbps: Infinity, wayMs: (trial.measurement.networkMs ?? 0) / 2,
    }, measuredMs, signal);
    factor = found.factor;
    onUpdate({ kind: 'calibrated', trial: trial.number, factor, simulatedMs: found.simulatedMs, measuredMs });
  }
  const replicasStartS = isSimulated ? startMs(perMachine - 1, serving.cpuCores) / 1000 : trial.seconds && trial.seconds.deploy * Math.max(1, perMachine / serving.replicas);
  const context: ScaleContext = { assumptions, serving, wattsPerReplica: powerOf(study, trial)?.wattsPerReplica ?? null, replicasStartS, timeoutMs: spec.measurement.timeoutMs };
  const done: ScaleLevel[] = [];
  for (const replicas of scaleLevels(assumptions)) {
    const text = `Simulating ${counted(replicas, 'replica')}`;
    onUpdate({ kind: 'working', text, share: 0 });
    const figures = await simulateCluster({ ...common, ...sizeOf(replicas, perMachine, assumptions), factor }, { signal, onProgress: (share) => onUpdate({ kind: 'working', text, share }) });
    const level = judgeLevel(figures, context, done);
    done.push(level);
    onUpdate({ kind: 'level', level });
  }
  return done;
}
