import type { MenuItemConstructorOptions } from 'electron';
import { COMMANDS, type CommandEntry, type MenuName } from '../main/contract/command-table.ts';
import type { OfferedCommand } from '../main/contract/shell-methods.ts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  /** How the page's commands stand now; before the page has spoken everything can be chosen. */
  readonly offered: ReadonlyMap<string, OfferedCommand>;
  readonly recent: readonly { readonly name: string; readonly path: string }[];
  readonly choose: (command: string) => void;
  readonly open: (path: string) => void;
}

/**
 * The native menu, made from the command table. An item shows its shortcut and leaves the key to the page, which knows
 * whether it can be used; choosing it sends the command's name there.
 */
export function menuTemplate({ platform, offered, recent, choose, open }: MenuOptions): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const item = ({ id, label, keys, line }: CommandEntry): MenuItemConstructorOptions[] => {
    const now = offered.get(id);
    const shown = accelerator(keys[0], mac);
    return [
      ...(line ? [{ type: 'separator' } as const] : []),
      { id, label: escapeMnemonic(now?.label ?? label), enabled: now?.disabled !== true, ...(shown !== null && { accelerator: shown, registerAccelerator: false }), click: () => choose(id) },
    ];
  };
  const of = (menu: MenuName, leftOut: readonly string[] = []): MenuItemConstructorOptions[] =>
    COMMANDS.filter((entry) => entry.menu === menu && !leftOut.includes(entry.id)).flatMap(item);
  const one = (id: string): MenuItemConstructorOptions[] => COMMANDS.filter((entry) => entry.id === id).map((entry) => item(entry).at(-1)!);
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const recentMenu: MenuItemConstructorOptions = {
    label: 'Open recent', enabled: recent.length > 0,
    submenu: recent.map(({ name, path }) => ({ label: escapeMnemonic(name), toolTip: path, click: () => open(path) })),
  };
  const file = of('file', mac ? ['preferences'] : []);
  const afterOpen = file.findIndex(({ id }) => id === 'open') + 1;
  return [
    // On macOS the program's own menu holds what other systems have under File and Help.
    ...(mac
      ? [{ label: 'Servescape', submenu: [...one('about'), separator, ...one('preferences'), separator, { role: 'services' }, separator, { role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }, separator, { role: 'quit' }] } as MenuItemConstructorOptions]
      : []),
    { label: '&File', submenu: [...file.slice(0, afterOpen), recentMenu, ...file.slice(afterOpen), separator, mac ? { role: 'close' } : { role: 'quit' }] },
    { label: '&Edit', submenu: [...of('edit'), separator, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }] },
    { label: '&Study', submenu: of('study') },
    { label: '&View', submenu: [...of('view'), separator, { role: 'togglefullscreen' }, { role: 'toggleDevTools' }] },
    { role: 'windowMenu' },
    { label: '&Help', role: 'help', submenu: of('help', mac ? ['about'] : []) },
  ];
}

/** Electron's name for a shortcut; macOS would take a plain key away from typing, so it shows none there. */
function accelerator(keys: string | undefined, mac: boolean): string | null {
  if (keys === undefined || (mac && !/^Mod|^F\d|^Shift\+F\d/.test(keys))) return null;
  const names: Readonly<Record<string, string>> = { Mod: 'CmdOrCtrl', ArrowDown: 'Down', ArrowUp: 'Up', Escape: 'Esc' };
  return keys.split('+').map((part) => names[part] ?? part).join('+');
}

/** In a menu "&" marks the letter to press with Alt. */
function escapeMnemonic(text: string): string {
  return text.replaceAll('&', '&&');
}
