import type { IconName } from '../components/icons.ts';

/** Something the user can do: listed under Commands, run by its shortcut. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName;
  /** "Mod+Shift+S", "Space", "J". Mod is ⌘ on macOS and Ctrl elsewhere; single letters rest while a field has the focus. */
  readonly shortcut?: string;
  /** Why it cannot be used now; it stays listed with this reason. */
  readonly disabled?: string | null;
  readonly run: () => void | Promise<void>;
}

export const isMac = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform);

/** The shortcut as the user reads it: "Ctrl K", on macOS "⌘ K". */
export function shortcutText(shortcut: string): string {
  const names: Record<string, string> = { Mod: isMac ? '⌘' : 'Ctrl', Enter: '↵', ArrowDown: '↓', ArrowUp: '↑' };
  return shortcut.split('+').map((part) => names[part] ?? part).join(' ');
}

/** Whether a key press is the shortcut. */
export function matchesShortcut(shortcut: string, event: KeyboardEvent): boolean {
  const parts = shortcut.split('+');
  const key = parts[parts.length - 1]!;
  const wants = (name: string): boolean => parts.slice(0, -1).includes(name);
  const pressed = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  // "?" needs Shift on most keyboards; only letters and named keys tell Shift apart.
  const shiftMatters = key.length > 1 || /[A-Z0-9]/.test(key);
  return pressed === key && mod === wants('Mod') && !event.altKey && (!shiftMatters || event.shiftKey === wants('Shift'));
}

/** Typing must stay typing: plain keys are no shortcuts while a field or an open widget has the focus. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (!target?.closest) return false;
  if (target.closest('input, textarea, select, [contenteditable="true"], [role="combobox"], [role="listbox"], [role="menu"], [role="dialog"], [role="alertdialog"]')) return true;
  return (event.key === ' ' || event.key === 'Enter') && target.closest('button, a[href], [role="switch"], summary') !== null;
}

/** The commands of everything on screen; a screen adds its own while it is shown. */
export class CommandList {
  #sources: (() => readonly Command[])[] = $state.raw([]);

  /** Adds commands (read anew each time they are needed); returns how to take them away again. */
  add(source: () => readonly Command[]): () => void {
    this.#sources = [...this.#sources, source];
    return () => {
      this.#sources = this.#sources.filter((other) => other !== source);
    };
  }

  get all(): readonly Command[] {
    // A screen may replace a command of the whole app by the same id.
    const all = this.#sources.flatMap((source) => source());
    return all.filter(({ id }, i) => all.findLastIndex((other) => other.id === id) === i);
  }

  /** Runs the command whose shortcut was pressed; later sources win. True when there was one. */
  press(event: KeyboardEvent, onError: (error: unknown) => void): boolean {
    const typing = isTyping(event);
    const command = this.all.findLast(({ shortcut }) => shortcut !== undefined && matchesShortcut(shortcut, event) && (!typing || /Mod\+|^F\d/.test(shortcut)));
    if (!command) return false;
    event.preventDefault();
    if (!command.disabled) void Promise.resolve().then(() => command.run()).catch(onError);
    return true;
  }
}
