import type { Screen } from '../state/app.svelte.ts';

export interface ScreenHelp {
  readonly text: string;
  /** Its heading in the user guide. */
  readonly anchor: string;
}

/** What F1 says on each screen. */
export const SCREEN_HELP: Readonly<Record<Screen, ScreenHelp>> = {
  welcome: { anchor: 'the-first-screen', text: 'Pick a template to make a study with everything filled in, or open a file you saved earlier. The strip at the foot says what this machine can do.' },
  design: { anchor: 'design', text: 'Say what may change from trial to trial, what the surroundings are, what to minimise and how long to search. Everything is saved as you type; the right side shows what that means before you start.' },
  run: { anchor: 'run', text: 'Watch the study: which trial runs, what its requests take, what the model believes and why it tries the next point. Pause and stop are always safe.' },
  results: { anchor: 'results', text: 'The best configuration comes first, in words; the charts are its evidence. Selecting a trial anywhere selects it everywhere.' },
  compare: { anchor: 'compare', text: 'What a sweep or duel has shown: the verdict in one sentence, the figures behind it, Table 1, and the claims of the report judged by this data alone.' },
  machine: { anchor: 'this-machine', text: 'What this machine can do, and what would make its times steadier. Each line says what was found and, where there is something to do, what to do.' },
  guide: { anchor: 'user-guide', text: 'The documents that come with the program: how it is used, an exercise for a course, words, what helps when something fails, and how to add your own.' },
};
