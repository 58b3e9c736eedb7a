import { ServescapeError, badInput } from '../domain/errors.ts';
import { bestTrial, type Study } from '../domain/study.ts';
import { readModelState } from '../serving/server-pages.ts';
import { keepRunning } from '../study/keep-running.ts';
import type { Deployed } from '../contract/deployed-methods.ts';
import type { Services } from '../contract/services.ts';
import type { LabFor } from '../study/ports.ts';
import type { Trial } from '../domain/trial.ts';

export interface DeployedRoom {
  readonly services: Pick<Services, 'deployed.start' | 'deployed.stop' | 'deployed.watch'>;
  readonly isRunning: () => boolean;
  /** Refuses while a configuration is kept running: it would take part in every measurement. */
  readonly refuseBeside: () => void;
  readonly close: () => Promise<void>;
}

/** The one configuration that is kept running and watched. */
export function createDeployedRoom({ labFor, anyRunning, studyOf }: {
  readonly labFor: LabFor;
  readonly anyRunning: () => boolean;
  readonly studyOf: (ids: { readonly projectId: string; readonly studyId: string }) => Study;
}): DeployedRoom {
  const listeners = new Set<(deployed: Deployed | null) => void>();
  let current: { readonly stop: AbortController; readonly ended: Promise<void>; latest: Deployed | null } | null = null;
  const tell = (deployed: Deployed | null): void => {
    for (const listener of listeners) listener(deployed);
  };
  const stop = async (): Promise<void> => {
    if (current === null) return;
    const stopping = current;
    stopping.stop.abort(new ServescapeError('aborted', 'Stopped on request.'));
    await stopping.ended;
    if (current !== stopping) return;
    current = null;
    tell(null);
  };

  const isServing = (): boolean => current !== null && current.latest?.state !== 'failed';
  return {
    isRunning: isServing,
    refuseBeside: () => {
      if (!isServing()) return;
      throw new ServescapeError('conflict', 'A configuration is being kept running; it would disturb every measurement.', { hint: 'Stop it, then start again.' });
    },
    close: stop,
    services: {
      'deployed.start': async ({ trial: number, ...ids }) => {
        if (anyRunning()) throw new ServescapeError('conflict', 'A study is running; replicas beside it would disturb its measurements.', { hint: 'Keep the configuration running when the study has ended.' });
        const study = studyOf(ids);
        const trial = trialOf(study, number);
        if (study.spec.backend.kind === 'simulated') {
          throw new ServescapeError('unsupported', 'A simulated study has no replicas that could be kept running.', { hint: 'Repeat the study with the built-in server or Docker.' });
        }
        await stop();
        const abort = new AbortController();
        const started: NonNullable<typeof current> = {
          stop: abort, latest: null,
          ended: Promise.resolve().then(() => keepRunning({
            ids, study, trial, lab: labFor(study.spec), signal: abort.signal,
            ask: async (endpoint, modelName, signal) => (await readModelState(endpoint, modelName, signal)).kind === 'available',
            onChange: (deployed) => tell((started.latest = deployed)),
          })),
        };
        current = started;
        return null;
      },
      'deployed.stop': async () => {
        await stop();
        return null;
      },
      'deployed.watch': (_params, sink, signal) => {
        const listener = (deployed: Deployed | null): void => sink.item(deployed);
        listener(current?.latest ?? null);
        listeners.add(listener);
        signal.addEventListener('abort', () => listeners.delete(listener), { once: true });
      },
    },
  };
}

function trialOf(study: Study, number: number | null): Trial {
  const trial = number === null ? bestTrial(study) : study.trials[number - 1];
  if (trial) return trial;
  if (number === null) throw new ServescapeError('not-found', 'This study has no best trial yet.', { hint: 'Run it first, or name a trial.' });
  throw badInput('trial', number, study.trials.length === 0 ? 'a study with trials' : `1 to ${study.trials.length}`);
}
