import { counted } from '../../main/domain/format.ts';
import { countFinished } from '../../main/domain/study.ts';
import { askForTrust } from './foreign-project.ts';
import { wishWords } from '../../main/domain/wishes.ts';
import type { AppState } from './app.svelte.ts';
import type { Banner } from './notices.svelte.ts';

/** What the open project and study say about themselves in a banner. */
export function projectBanners(app: AppState): readonly Banner[] {
  const { project, study: view } = app;
  if (project === null || view === null) return [];
  const banners: Banner[] = [];
  if (project.readOnly !== null) {
    banners.push({
      id: 'read-only', tone: 'plain', icon: 'lock', strong: 'Opened read-only.', text: project.readOnly,
      actions: [{ label: 'Save a copy…', run: () => app.saveAs() }],
    });
  }
  if (project.asks.length > 0) {
    banners.push({
      id: 'asks', tone: 'warn', icon: 'lock', strong: 'This project came from elsewhere.', text: `It wants to ${wishWords(project.asks)}. Nothing of it runs before you allow it.`,
      actions: [{ label: 'Allow…', run: () => askForTrust(app) }],
    });
  }
  const { study } = view;
  const reason = study.runs.at(-1)?.reason ?? null;
  const done = countFinished(study);
  const left = study.spec.budget.trials - done;
  const again = [
    { label: 'Continue', run: () => app.resume() },
    { label: 'New study from it', run: () => app.newStudyFromThis() },
  ];
  if (view.fault) {
    banners.push({ id: 'study-fault', tone: 'bad', strong: view.fault.message, text: view.fault.details.hint ?? '', actions: [{ label: 'Read again', run: () => view.watch() }] });
  }
  if (study.state === 'ended' && reason !== null && left > 0 && app.screen !== 'results') {
    if (reason.kind === 'interrupted') {
      banners.push({ id: 'ended', tone: 'ok', strong: 'Recovered.', text: [reason.text, `${counted(done, 'trial is', 'trials are')} safe.`, ...project.recovered].join(' '), actions: again });
    } else if (reason.kind === 'fault') {
      banners.push({ id: 'ended', tone: 'bad', strong: `The study ended after trial ${done}.`, text: `${reason.text} Everything up to here is saved.`, actions: again });
    } else if (reason.kind === 'user') {
      banners.push({ id: 'ended', tone: 'warn', icon: 'pause', strong: `Stopped after trial ${done} of ${study.spec.budget.trials}.`, text: 'Everything up to here is saved.', actions: again });
    }
  }
  if (study.state === 'paused' && app.screen === 'run') {
    banners.push({
      id: 'paused', tone: 'warn', icon: 'pause', strong: `Paused after trial ${done} of ${study.spec.budget.trials}.`,
      text: 'Everything is saved. Replicas stay up for 5 minutes, then they are released.', actions: [{ label: 'Continue', run: () => view.continueRun() }],
    });
  }
  return banners;
}
