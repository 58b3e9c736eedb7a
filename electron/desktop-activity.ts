import type { Activity } from '../main/host/activity.ts';
import type { Preferences } from '../main/contract/preferences.ts';

/** The parts of Electron used here, as it names them. */
export interface ActivityOptions {
  readonly powerSaveBlocker: { start(type: 'prevent-app-suspension'): number; stop(id: number): void };
  readonly notify: (title: string, body: string, onClick: () => void) => void;
  /** Null while there is no window. */
  readonly window: () => ActivityWindow | null;
  readonly preferences: () => Preferences;
}
export interface ActivityWindow {
  isFocused(): boolean;
  setProgressBar(progress: number, options?: { mode: 'normal' | 'paused' }): void;
  flashFrame(flag: boolean): void;
  show(): void;
  focus(): void;
}

const NO_PROGRESS = -1;

/** What the desktop shows of a run: progress at the dock or taskbar, no sleep while it measures, a word at its end. */
export function followActivity({ powerSaveBlocker, notify, window, preferences }: ActivityOptions): (activity: Activity) => void {
  let blocker: number | null = null;
  const keepAwake = (wanted: boolean): void => {
    if (wanted === (blocker !== null)) return;
    if (blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension');
    else {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  };
  return ({ state, progress, ended }) => {
    const { keepAwake: wanted, notifyAtEnd } = preferences();
    keepAwake(wanted && state === 'measuring');
    const shown = window();
    shown?.setProgressBar(state === 'idle' ? NO_PROGRESS : progress, { mode: state === 'paused' ? 'paused' : 'normal' });
    if (ended === null || shown === null || shown.isFocused()) return;
    shown.flashFrame(true);
    if (notifyAtEnd) {
      notify(ended.title, ended.text, () => {
        shown.show();
        shown.focus();
      });
    }
  };
}
