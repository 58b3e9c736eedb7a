import type { IconName } from '../components/icons.ts';

export type Tone = 'plain' | 'ok' | 'warn' | 'bad';

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void | Promise<void>;
}

/** One line under the action bar. `strong` says what happened, `text` why and what now. */
export interface Banner {
  readonly id: string;
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly strong: string;
  readonly text: string;
  readonly actions?: readonly NoticeAction[];
  /** Shows a close button. */
  readonly dismissible?: boolean;
}

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action?: NoticeAction;
}

const SERIOUSNESS: readonly Tone[] = ['plain', 'ok', 'warn', 'bad'];

/** The most serious first; among equals the newest. Only one is ever on screen. */
export function mostSerious(banners: readonly Banner[]): Banner | null {
  return banners.reduce<Banner | null>(
    (best, banner) => (best === null || SERIOUSNESS.indexOf(banner.tone) >= SERIOUSNESS.indexOf(best.tone) ? banner : best),
    null,
  );
}

/** Banners, toasts and what a screen reader hears. */
export class Notices {
  banners: readonly Banner[] = $state.raw([]);
  toasts: readonly Toast[] = $state.raw([]);
  polite = $state('');
  assertive = $state('');
  #nextToast = 1;

  show(banner: Banner): void {
    this.banners = [...this.banners.filter(({ id }) => id !== banner.id), banner];
    if (banner.tone === 'bad') this.speak(`${banner.strong} ${banner.text}`, 'assertive');
  }

  dismiss(id: string): void {
    if (this.banners.some((banner) => banner.id === id)) this.banners = this.banners.filter((banner) => banner.id !== id);
  }

  toast(text: string, action?: NoticeAction): void {
    const toast: Toast = action ? { id: this.#nextToast++, text, action } : { id: this.#nextToast++, text };
    this.toasts = [...this.toasts.slice(-2), toast];
    this.speak(text);
  }

  dropToast(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** Finished trials are polite; faults and a lost connection are assertive. */
  speak(text: string, how: 'polite' | 'assertive' = 'polite'): void {
    this[how] = text;
  }
}
