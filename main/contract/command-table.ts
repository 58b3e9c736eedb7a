/**
 * Everything the user can do, once: the native menu, the palette, the shortcuts and the key list are read from here. A
 * screen offers what it can do now (`renderer/state/commands.svelte.ts`); what no screen offers stays listed with `elsewhere`.
 */
export interface CommandEntry {
  readonly id: string;
  readonly label: string;
  /** "Mod+Shift+S", "Space", "J"; the first is the one shown. Mod is ⌘ on macOS and Ctrl elsewhere. */
  readonly keys: readonly string[];
  /** Where it stands in the native menu, in the order of this table; null: palette only. */
  readonly menu: MenuName | null;
  /** A line above it in the menu. */
  readonly line: boolean;
  /** Why it cannot be used while nothing on screen offers it. */
  readonly elsewhere: string;
}
export type MenuName = 'file' | 'edit' | 'study' | 'view' | 'help';

interface Options {
  readonly keys?: readonly string[];
  readonly menu?: MenuName;
  readonly line?: boolean;
  readonly elsewhere?: string;
}
function entry(id: string, label: string, { keys = [], menu, line = false, elsewhere = 'Not on this screen' }: Options = {}): CommandEntry {
  return { id, label, keys, menu: menu ?? null, line, elsewhere };
}

const RUN = 'On Run only';
const TRIALS = 'On Run and Results only';
const RESULTS = 'On Results only';
const COMPARE = 'On Compare only';
const REPORT = 'On Results and Compare only';
const DESIGN = 'On Design only';
const BROWSER = 'The browser has its own zoom';

export const COMMANDS: readonly CommandEntry[] = [
  entry('new', 'New study from a template…', { keys: ['Mod+N'], menu: 'file' }),
  entry('reproduce', 'Reproduce the report…', { menu: 'file' }),
  entry('open', 'Open…', { keys: ['Mod+O'], menu: 'file' }),
  entry('save', 'Save', { keys: ['Mod+S'], menu: 'file', line: true }),
  entry('save-as', 'Save as…', { keys: ['Mod+Shift+S'], menu: 'file' }),
  entry('duplicate', 'New study from this one', { menu: 'file' }),
  entry('preferences', 'Preferences…', { keys: ['Mod+,'], menu: 'file', line: true }),

  entry('undo', 'Undo', { keys: ['Mod+Z'], menu: 'edit', elsewhere: DESIGN }),
  entry('redo', 'Redo', { keys: ['Mod+Shift+Z', 'Mod+Y'], menu: 'edit', elsewhere: DESIGN }),

  entry('start', 'Start study', { keys: ['Mod+Enter'], menu: 'study', elsewhere: 'On Design and Run only' }),
  entry('pause', 'Pause or continue', { keys: ['Space'], menu: 'study', elsewhere: RUN }),
  entry('step', 'Step: one trial, then pause', { keys: ['.'], menu: 'study', elsewhere: RUN }),
  entry('stop', 'Stop…', { keys: ['Mod+.'], menu: 'study', elsewhere: 'On Run and Compare only' }),
  entry('next-trial', 'Next trial', { keys: ['J', 'ArrowDown'], menu: 'study', line: true, elsewhere: TRIALS }),
  entry('previous-trial', 'Previous trial', { keys: ['K', 'ArrowUp'], menu: 'study', elsewhere: TRIALS }),
  entry('open-trial', 'Open the trial', { keys: ['Enter'], menu: 'study', elsewhere: TRIALS }),
  entry('select-best', 'Select the best', { keys: ['B'], menu: 'study', elsewhere: TRIALS }),
  entry('select-none', 'Select nothing', { keys: ['Escape'], elsewhere: TRIALS }),
  entry('measure-again', 'Measure the selected configuration again', { keys: ['M'], menu: 'study', elsewhere: TRIALS }),
  entry('add-trials', 'Add trials…', { menu: 'study', line: true, elsewhere: RESULTS }),
  entry('deploy', 'Deploy the best configuration', { menu: 'study', elsewhere: RESULTS }),
  entry('scale', 'Plan past this machine', { menu: 'study', elsewhere: RESULTS }),
  entry('export-csv', 'Export trials as CSV', { elsewhere: RESULTS }),
  entry('export-json', 'Export the study as JSON', { elsewhere: RESULTS }),
  entry('export-compose', 'Export the configuration as docker-compose', { elsewhere: RESULTS }),
  entry('sweep-go', 'Go on with the sweep', { elsewhere: COMPARE }),
  entry('table-csv', 'Export Table 1 as CSV', { elsewhere: COMPARE }),
  entry('report-html', 'Export the report as HTML', { menu: 'file', line: true, elsewhere: REPORT }),
  entry('report-print', 'Print the report, or save it as PDF…', { menu: 'file', elsewhere: REPORT }),
  entry('sweep-json', 'Export the sweep as JSON', { elsewhere: COMPARE }),

  entry('go-design', 'Go to Design', { keys: ['Mod+1'], menu: 'view' }),
  entry('go-run', 'Go to Run', { keys: ['Mod+2'], menu: 'view' }),
  entry('go-results', 'Go to Results', { keys: ['Mod+3'], menu: 'view' }),
  entry('go-compare', 'Go to Compare', { keys: ['Mod+4'], menu: 'view' }),
  entry('machine', 'This machine: what it can do', { keys: ['F4'], menu: 'view' }),
  entry('commands', 'Commands…', { keys: ['Mod+K'], menu: 'view', line: true }),
  entry('filter', 'Go to the filter bar', { keys: ['F'], menu: 'view', elsewhere: RESULTS }),
  entry('chart-table', 'Chart as table', { keys: ['T'], menu: 'view' }),
  entry('chart-export', 'Export the focused chart…', { keys: ['E'], menu: 'view' }),
  entry('next-region', 'Next region', { keys: ['F6'], menu: 'view', line: true }),
  entry('previous-region', 'Previous region', { keys: ['Shift+F6'], menu: 'view' }),
  entry('light', 'Light colours', { menu: 'view', line: true }),
  entry('dark', 'Dark colours', { menu: 'view' }),
  entry('system', 'Colours of the desktop', { menu: 'view' }),
  entry('zoom-in', 'Larger', { keys: ['Mod+='], menu: 'view', line: true, elsewhere: BROWSER }),
  entry('zoom-out', 'Smaller', { keys: ['Mod+-'], menu: 'view', elsewhere: BROWSER }),
  entry('zoom-usual', 'Usual size', { keys: ['Mod+0'], menu: 'view', elsewhere: BROWSER }),

  entry('help', 'Help for this screen, keys', { keys: ['F1', '?'], menu: 'help' }),
  entry('guide', 'User guide', { menu: 'help' }),
  entry('lab', 'Lab exercise', { menu: 'help' }),
  entry('tour', 'Show me around', { menu: 'help' }),
  entry('troubleshooting', 'Troubleshooting', { menu: 'help', line: true }),
  entry('copy-diagnostics', 'Copy diagnostics', { menu: 'help' }),
  entry('open-logs', 'Open the log folder', { menu: 'help' }),
  entry('check', 'Check this machine again', { menu: 'help' }),
  entry('restore-clocks', 'Restore GPU clocks now', { menu: 'help' }),
  entry('about', 'About Servescape', { menu: 'help', line: true }),
];
