import type { IconName } from '../components/icons.ts';

const ICONS: Readonly<Record<string, IconName>> = {
  new: 'plus', reproduce: 'layers', deploy: 'play', open: 'folder', save: 'save', 'save-as': 'save', duplicate: 'plus', undo: 'undo', redo: 'redo', start: 'play', pause: 'pause',
  step: 'step', stop: 'stop', 'open-trial': 'enlarge', 'select-best': 'star', 'measure-again': 'again', 'add-trials': 'plus',
  'export-csv': 'download', 'export-json': 'download', 'export-compose': 'download', 'sweep-go': 'play', 'table-csv': 'download', 'report-html': 'download', 'sweep-json': 'download',
  machine: 'card', commands: 'search', filter: 'filter', 'chart-table': 'table', 'chart-export': 'download', light: 'contrast', dark: 'contrast',
  system: 'contrast', help: 'help', guide: 'help', lab: 'layers', tour: 'right', troubleshooting: 'warning', 'copy-diagnostics': 'file', 'open-logs': 'folder',
  check: 'again', 'restore-clocks': 'undo', about: 'info',
};

export function commandIcon(id: string): IconName {
  return ICONS[id] ?? 'right';
}
