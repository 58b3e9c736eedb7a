export type Theme = 'light' | 'dark' | 'system';

/** Sets the colours of the page; "system" follows the desktop. */
export function showTheme(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && (globalThis.matchMedia?.('(prefers-color-scheme: dark)').matches ?? false));
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

/** What is on screen now, for charts that need resolved colours. */
export function shownTheme(): 'light' | 'dark' {
  return document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light';
}
