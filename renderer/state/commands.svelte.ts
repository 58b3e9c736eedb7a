import { COMMANDS } from '../../main/contract/command-table.ts';
import { commandIcon } from './command-icons.ts';
import type { IconName } from '../components/icons.ts';

/** What something on screen can do now: the `run` of an entry of the command table, or a command of its own with a label. */
export interface Offer {
  readonly id: string;
  /** Needed where the table has no entry; says more than the table where it has one ("Continue" for "Pause or continue"). */
  readonly label?: string;
  readonly icon?: IconName;
  /** For commands that are not in the table. */
  readonly shortcut?: string;
  /** Why it cannot be used now; it stays listed with this reason. */
  readonly disabled?: string | null;
  readonly run: () => void | Promise<void>;
}

/** As listed under Commands, in the key list and in the native menu. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  /** "Mod+Shift+S", "Space", "J"; plain ones rest while a field has the focus. The first is shown. */
  readonly keys: readonly string[];
  readonly disabled: string | null;
  readonly run: () => void | Promise<void>;
}

export const isMac = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform);

/** The shortcut as the user reads it: "Ctrl K", on macOS "⌘ K". */
export function shortcutText(shortcut: string): string {
  const names: Record<string, string> = { Mod: isMac ? '⌘' : 'Ctrl', Enter: '↵', ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc', '-': '−', '=': '+' };
  return shortcut.split('+').map((part) => names[part] ?? part).join(' ').trim();
}

/** Whether a key press is the shortcut. */
export function matchesShortcut(shortcut: string, event: KeyboardEvent): boolean {
  const parts = shortcut.split('+');
  const key = parts[parts.length - 1]!;
  const wants = (name: string): boolean => parts.slice(0, -1).includes(name);
  // "+" stands on the key of "=" on many keyboards.
  const pressed = event.key === '+' ? '=' : event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  // "?" needs Shift on most keyboards; only letters and named keys tell Shift apart.
  const shiftMatters = key.length > 1 || /[A-Z0-9]/.test(key);
  return pressed === key && mod === wants('Mod') && !event.altKey && (!shiftMatters || event.shiftKey === wants('Shift'));
}

/** A key that types something or moves about, held without Ctrl or ⌘. */
export function isPlainKey(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1;
}

/** Typing must stay typing: plain keys are no shortcuts while a field or an open widget has the focus. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (!target?.closest) return false;
  if (target.closest('input, textarea, select, [contenteditable="true"], [role="combobox"], [role="listbox"], [role="menu"], [role="dialog"], [role="alertdialog"]')) return true;
  return (event.key === ' ' || event.key === 'Enter') && target.closest('button, a[href], [role="switch"], summary') !== null;
}

const nothing = (): void => undefined;

/** The commands of the table with what is on screen behind them; a screen adds its offers while it is shown. */
export class CommandList {
  #sources: (() => readonly Offer[])[] = $state.raw([]);

  /** Adds offers (read anew each time they are needed); returns how to take them away again. */
  add(source: () => readonly Offer[]): () => void {
    this.#sources = [...this.#sources, source];
    return () => {
      this.#sources = this.#sources.filter((other) => other !== source);
    };
  }

  /** In the table's order, then what is not in the table. A later offer of the same id stands for an earlier one. */
  get all(): readonly Command[] {
    const offers = this.#sources.flatMap((source) => source());
    const listed = COMMANDS.map(({ id, label, keys, elsewhere }): Command => {
      const offer = offers.findLast((one) => one.id === id);
      const icon = offer?.icon ?? commandIcon(id);
      return offer ? { id, label: offer.label ?? label, icon, keys, disabled: offer.disabled ?? null, run: offer.run } : { id, label, icon, keys, disabled: elsewhere, run: nothing };
    });
    const others = offers
      .filter(({ id }, i) => offers.findLastIndex((one) => one.id === id) === i && !COMMANDS.some((one) => one.id === id))
      .map(({ id, label = id, icon = 'right', shortcut, disabled = null, run }): Command => ({ id, label, icon, keys: shortcut === undefined ? [] : [shortcut], disabled, run }));
    return [...listed, ...others];
  }

  /** Runs the command whose shortcut was pressed; `only` names those that may run now. True when there was one. */
  press(event: KeyboardEvent, onError: (error: unknown) => void, only: readonly string[] | null = null): boolean {
    const typing = isTyping(event);
    const pressed = (keys: readonly string[]): boolean => keys.some((key) => matchesShortcut(key, event) && (!typing || /Mod\+|F\d/.test(key)));
    // What nothing on screen offers leaves its key alone: Space scrolls where there is nothing to pause.
    const command = this.all.findLast(({ id, keys, run }) => run !== nothing && pressed(keys) && (only === null || only.includes(id)));
    if (!command) return false;
    event.preventDefault();
    this.#run(command, onError);
    return true;
  }

  /** Runs a command by its name: the native menu's road. */
  run(id: string, onError: (error: unknown) => void): void {
    const command = this.all.find((one) => one.id === id);
    if (command) this.#run(command, onError);
  }

  #run(command: Command, onError: (error: unknown) => void): void {
    if (command.disabled === null) void Promise.resolve().then(() => command.run()).catch(onError);
  }
}
