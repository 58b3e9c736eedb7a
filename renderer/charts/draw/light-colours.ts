import { readColours, type ChartColours } from './colours.ts';

/** Colours of the light theme whatever is on screen: what figures on paper use. */
export function lightColours(): ChartColours {
  const stage = document.createElement('div');
  stage.dataset['theme'] = 'light';
  stage.hidden = true;
  document.body.append(stage);
  try {
    return readColours(stage);
  } finally {
    stage.remove();
  }
}
