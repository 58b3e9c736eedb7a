import type { Stage } from '../../main/domain/trial.ts';

const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  deploying: 'deploying', warming: 'warming', loading: 'loading', measuring: 'measuring', 'tearing-down': 'tidying up',
};

export function stageWord(stage: Stage): string {
  return STAGE_WORDS[stage];
}

/** How long the same load took there, relative to the first machine. */
export function ratioWords(ratio: number): string {
  const percent = Math.round((ratio - 1) * 100);
  if (percent === 0) return 'as fast as the first';
  return percent > 0 ? `${percent} % slower` : `${-percent} % faster`;
}
