import type { MenuItemConstructorOptions } from 'electron';

/** A key press as the page would get it from the keyboard. */
export interface KeyPress {
  readonly keyCode: string;
  readonly modifiers: readonly ('control' | 'meta' | 'shift')[];
}

/**
 * The native menu. A command has one road, its shortcut in the page (which knows whether it can be used and says why
 * not), so an item shows the accelerator without taking it and presses the keys when it is clicked.
 */
export function menuTemplate(platform: NodeJS.Platform, press: (keys: KeyPress) => void): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const item = (label: string, accelerator: string): MenuItemConstructorOptions => ({
    label, accelerator, registerAccelerator: false, click: () => press(keysOf(accelerator, mac)),
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        item('New…', 'CmdOrCtrl+N'), item('Open…', 'CmdOrCtrl+O'), { role: 'recentDocuments', submenu: [{ role: 'clearRecentDocuments' }] }, separator,
        item('Save', 'CmdOrCtrl+S'), item('Save as…', 'CmdOrCtrl+Shift+S'), separator, mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        item('Undo', 'CmdOrCtrl+Z'), item('Redo', 'CmdOrCtrl+Shift+Z'), separator,
        { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' },
      ],
    },
    {
      label: '&Study',
      submenu: [
        item('Start study', 'CmdOrCtrl+Enter'), item('Pause or continue', 'Space'), item('Step', '.'), item('Stop…', 'CmdOrCtrl+.'), separator,
        item('Next trial', 'J'), item('Previous trial', 'K'), item('Open the trial', 'Enter'), item('Select the best', 'B'), item('Measure again', 'M'),
      ],
    },
    {
      label: '&View',
      submenu: [
        item('Design', 'CmdOrCtrl+1'), item('Run', 'CmdOrCtrl+2'), item('Results', 'CmdOrCtrl+3'), item('Compare', 'CmdOrCtrl+4'), separator,
        item('Commands…', 'CmdOrCtrl+K'), item('Filter', 'F'), item('Chart as table', 'T'), item('Export the chart', 'E'), separator,
        item('Next region', 'F6'), item('Previous region', 'Shift+F6'), separator,
        { role: 'zoomIn' }, { role: 'zoomOut' }, { role: 'resetZoom' }, { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    { label: '&Help', role: 'help', submenu: [item('Help for this screen', 'F1'), { role: 'about' }, separator, { role: 'toggleDevTools' }] },
  ];
}

function keysOf(accelerator: string, mac: boolean): KeyPress {
  const parts = accelerator.split('+');
  const modifiers = parts.slice(0, -1).map((part) => (part === 'Shift' ? 'shift' : mac ? 'meta' : 'control'));
  return { keyCode: parts.at(-1)!, modifiers };
}
