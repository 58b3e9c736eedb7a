import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'style', 'class'] });
  return () => observer.disconnect();
});

/** The theme on screen; read in an effect or template, it runs again when the theme changes. */
export function watchedTheme(): string {
  subscribe();
  return document.documentElement.dataset['theme'] ?? 'light';
}
