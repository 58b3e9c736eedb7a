import type { Role } from '../chart-value.ts';

/** Chart colours as the canvas needs them: resolved from the tokens of the theme that is on screen. */
export interface ChartColours {
  readonly role: Readonly<Record<Role, string>>;
  readonly text: string;
  readonly quietText: string;
  readonly accentText: string;
  readonly background: string;
  readonly grid: string;
  readonly axis: string;
  readonly future: string;
  readonly hatch: string;
  readonly hatchBackground: string;
  /** From the worst to the best band of a field. */
  readonly heat: readonly string[];
  readonly font: string;
  /** Text size of axes and labels in px, following zoom and the user's font size. */
  readonly fontPx: number;
}

const ROLE_TOKENS: Readonly<Record<Role, string>> = {
  random: '--chart-random', bayes: '--chart-bayes', user: '--chart-neutral', best: '--chart-best', failed: '--chart-failed',
  infeasible: '--chart-failed', neutral: '--chart-neutral', baseline: '--chart-baseline', acquisition: '--chart-acquisition', accent: '--accent',
};

/** Reads the tokens where `element` stands, so that an export can ask for the light theme. */
export function readColours(element: Element): ChartColours {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const role = Object.fromEntries(Object.entries(ROLE_TOKENS).map(([name, value]) => [name, token(value)])) as Record<Role, string>;
  return {
    role, text: token('--text'), quietText: token('--text-3'), accentText: token('--accent-text'), background: token('--bg'),
    grid: token('--chart-grid'), axis: token('--chart-axis'), future: token('--bg-subtle'), hatch: token('--chart-infeasible'),
    hatchBackground: token('--chart-infeasible-bg'), heat: [0, 1, 2, 3, 4].map((step) => token(`--chart-heat-${step}`)), font: token('--font-ui') || 'sans-serif',
    fontPx: (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) * 0.6875,
  };
}

/** `#rrggbb` with an opacity of 0–1. */
export function fade(colour: string, opacity: number): string {
  return colour + Math.round(opacity * 255).toString(16).padStart(2, '0');
}
