import { ServescapeError } from '../domain/errors.ts';
import type { Deployment, ServingBackend } from '../study/ports.ts';

type DeployRequest = Parameters<ServingBackend['deploy']>[0];

export interface TrialTurns {
  /** What the backend is called in a sentence: "Docker". */
  readonly name: string;
  /** The request's signal aborts when the backend is closed, too; `onReleased` has to be called once the deployment is handed back. */
  readonly bringUp: (request: DeployRequest, onReleased: () => void) => Promise<Deployment>;
  /** Ends what is left when no trial is using it any more. */
  readonly endAll: () => Promise<void>;
}

/** How a backend is used and closed: by one trial at a time; closing ends the one that is under way, then everything. */
export function oneTrialAtATime({ name, bringUp, endAll }: TrialTurns): Pick<ServingBackend, 'deploy' | 'close'> {
  const closing = new AbortController();
  let active: Deployment | null = null;
  let deploying: Promise<Deployment> | null = null;
  let closed: Promise<void> | null = null;

  const close = async (): Promise<void> => {
    closing.abort(new ServescapeError('aborted', `The ${name} backend is being closed.`));
    await deploying?.catch(() => undefined);
    await active?.release({ reusable: false });
    await endAll();
  };

  return {
    deploy: async (request) => {
      if (closed !== null) throw new ServescapeError('backend-unavailable', `The ${name} backend has been closed.`);
      if (active !== null || deploying !== null) {
        throw new ServescapeError('conflict', `Another trial is using the ${name} backend.`, { hint: 'Wait until it has finished.' });
      }
      const signal = AbortSignal.any([request.signal, closing.signal]);
      deploying = (async () => {
        signal.throwIfAborted();
        return (active = await bringUp({ ...request, signal }, () => (active = null)));
      })();
      try {
        return await deploying;
      } finally {
        deploying = null;
      }
    },
    close: () => (closed ??= close()),
  };
}
