import { errorData } from '../domain/errors.ts';
import { describeConfiguration, servingConfiguration } from '../domain/serving-configuration.ts';
import type { Deployed, DeployedReplica } from '../contract/deployed-methods.ts';
import type { Study } from '../domain/study.ts';
import type { Trial } from '../domain/trial.ts';
import { setGpuClock } from './gpu-clock.ts';
import type { Deployment, Endpoint, Lab } from './ports.ts';

const CHECK_EVERY_MS = 1000;
const CHECK_GIVES_UP_MS = 5000;
/** Breaks in a row without this much service between them: then it is not kept up any longer. */
const BREAKS_MAX = 5;
const GOOD_SERVICE_MS = 60_000;
const FIRST_PAUSE_MS = 500;

export interface KeepRequest {
  readonly ids: Pick<Deployed, 'projectId' | 'studyId'>;
  readonly study: Study;
  readonly trial: Trial;
  readonly lab: Lab;
  /** Whether a replica answers for the model; never rejects but for an abort. */
  readonly ask: (endpoint: Endpoint, modelName: string, signal: AbortSignal) => Promise<boolean>;
  readonly onChange: (deployed: Deployed) => void;
  readonly signal: AbortSignal;
}

/**
 * Brings a trial's configuration up, watches it once a second and brings it up again when a replica is gone, until the signal
 * aborts or it breaks too often. Resolves when everything is handed back; never rejects.
 */
export async function keepRunning({ ids, study, trial, lab, ask, onChange, signal }: KeepRequest): Promise<void> {
  const { spec } = study;
  const serving = servingConfiguration(spec, trial.configuration);
  const modelName = spec.model.workload;
  let now: Deployed = {
    ...ids, studyName: spec.name, trial: trial.number, words: describeConfiguration(serving), state: 'starting', since: null, enforcement: '', replicas: [],
    checks: { answered: 0, failed: 0 }, restarts: 0, fault: null, predictPath: `/v1/models/${encodeURIComponent(modelName)}:predict`,
  };
  const change = (next: Partial<Deployed>): void => onChange((now = { ...now, ...next }));

  /** Serves until a replica dies or the user stops it; says how long it served. */
  const serve = async (): Promise<number> => {
    const deployment = await lab.backend.deploy({
      serving, model: spec.model, readyTimeoutMs: spec.measurement.readyTimeoutMs, signal, onReplica: () => undefined,
      labels: { project: ids.projectId, study: ids.studyId, trial: trial.number },
    });
    const startedMs = lab.clock.nowMs();
    const over = new AbortController();
    try {
      await setGpuClock(spec, serving, lab.hardware);
      change({ state: 'serving', since: lab.clock.nowIso(), enforcement: deployment.enforcement, replicas: deployment.endpoints.map(unseen) });
      await Promise.race([watch(deployment, AbortSignal.any([signal, over.signal])), deployment.died]);
    } catch (error) {
      if (!signal.aborted) change({ fault: wordsOf(error) });
    } finally {
      over.abort();
      await lab.hardware?.clocks.restore();
      await deployment.release({ reusable: false });
    }
    return lab.clock.nowMs() - startedMs;
  };

  const watch = async (deployment: Deployment, until: AbortSignal): Promise<void> => {
    while (!until.aborted) {
      await pause(CHECK_EVERY_MS, until);
      if (until.aborted) return;
      const answers = await Promise.all(deployment.endpoints.map(async (endpoint) => {
        const askedMs = lab.clock.nowMs();
        const answered = await ask(endpoint, modelName, AbortSignal.any([until, AbortSignal.timeout(CHECK_GIVES_UP_MS)])).catch(() => false);
        return { answered, roundTripMs: answered ? lab.clock.nowMs() - askedMs : null };
      }));
      if (until.aborted) return;
      const latest = deployment.latest();
      const answered = answers.filter((answer) => answer.answered).length;
      change({
        replicas: deployment.endpoints.map((endpoint, i) => ({ ...unseen(endpoint), ...answers[i]!, cpuCores: latest[i]?.cpuCores ?? null, memoryMb: latest[i]?.memoryMb ?? null })),
        checks: { answered: now.checks.answered + answered, failed: now.checks.failed + answers.length - answered },
      });
    }
  };

  change({});
  try {
    let breaks = 0;
    let everServed = false;
    while (!signal.aborted) {
      try {
        breaks = (await serve()) >= GOOD_SERVICE_MS ? 1 : breaks + 1;
        everServed = true;
      } catch (error) {
        if (signal.aborted) return;
        // What has never come up will not come up the next time either.
        breaks = everServed ? breaks + 1 : BREAKS_MAX;
        change({ fault: wordsOf(error) });
      }
      if (signal.aborted) return;
      if (breaks >= BREAKS_MAX) return change({ state: 'failed', since: null, replicas: [] });
      change({ state: 'restarting', since: null, restarts: now.restarts + 1, replicas: [] });
      await pause(FIRST_PAUSE_MS * 2 ** (breaks - 1), signal);
    }
  } finally {
    await lab.backend.close();
    await lab.load.close();
  }
}

function unseen({ host, port }: Endpoint): DeployedReplica {
  return { address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, cpuCores: null, memoryMb: null, answered: null, roundTripMs: null };
}

function wordsOf(error: unknown): NonNullable<Deployed['fault']> {
  const { message, hint } = errorData(error);
  return { message, hint: hint ?? '' };
}

/** Ends early, without a fuss, when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
