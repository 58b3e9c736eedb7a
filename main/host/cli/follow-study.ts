import type { Client } from '../../contract/client.ts';
import type { LiveRun } from '../../contract/values.ts';
import { applyStudyEvent, type Study } from '../../domain/study.ts';
import type { StudyEvent } from '../../domain/study-event.ts';

export interface StudyIds {
  readonly projectId: string;
  readonly studyId: string;
}

export interface FollowListener {
  readonly onEvent?: (study: Study, event: StudyEvent) => void;
  readonly onLive?: (study: Study, run: LiveRun) => void;
}

export interface FollowedStudy {
  /** As of the last update. */
  now(): Study;
  /** Resolves at the next `run-ended`; rejects when the connection is lost. */
  readonly ended: Promise<Study>;
  stop(): void;
}

/** Watches a study and folds its events with the one reducer; resolves when the first snapshot is here. */
export async function followStudy(client: Client, ids: StudyIds, listener: FollowListener = {}): Promise<FollowedStudy> {
  const ended = Promise.withResolvers<Study>();
  const first = Promise.withResolvers<Study>();
  ended.promise.catch(() => undefined);
  let study: Study | null = null;
  let seq = 0;
  const stop = client.watch('study.watch', ids, {
    onItem: (update) => {
      if (update.kind === 'snapshot') {
        // A later one tells of an end that could not be written to the file.
        const endsRun = study !== null && study.state !== 'ended' && update.study.state === 'ended';
        ({ study, seq } = update);
        first.resolve(update.study);
        if (endsRun) ended.resolve(update.study);
      } else if (study !== null && update.kind === 'live') listener.onLive?.(study, update.run);
      else if (study !== null && update.kind === 'event' && update.numbered.seq > seq) {
        const { event } = update.numbered;
        ({ seq } = update.numbered);
        study = applyStudyEvent(study, event);
        listener.onEvent?.(study, event);
        if (event.kind === 'run-ended') ended.resolve(study);
      }
    },
    onError: (error) => {
      first.reject(error);
      ended.reject(error);
    },
  });
  await first.promise;
  return { now: () => study!, ended: ended.promise, stop };
}

export async function readStudy(client: Client, ids: StudyIds): Promise<Study> {
  const followed = await followStudy(client, ids);
  followed.stop();
  return followed.now();
}
