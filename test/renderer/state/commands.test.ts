import '../dom.ts';
import { describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../../main/contract/command-table.ts';
import { CommandList, matchesShortcut, shortcutText } from '../../../renderer/state/commands.svelte.ts';

const key = (name: string, init: KeyboardEventInit = {}, target: Element = document.body): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
};

describe('shortcuts', () => {
  it('tells modifiers apart', () => {
    expect(matchesShortcut('Mod+S', key('s', { ctrlKey: true }))).toBe(true);
    expect(matchesShortcut('Mod+S', key('S', { ctrlKey: true, shiftKey: true }))).toBe(false);
    expect(matchesShortcut('Mod+Shift+S', key('S', { ctrlKey: true, shiftKey: true }))).toBe(true);
    expect(matchesShortcut('Space', key(' '))).toBe(true);
    expect(matchesShortcut('?', key('?', { shiftKey: true }))).toBe(true);
    expect(matchesShortcut('.', key('.', { ctrlKey: true }))).toBe(false);
    expect(matchesShortcut('J', key('j', { altKey: true }))).toBe(false);
  });

  it('are written as the user knows them', () => {
    expect([shortcutText('Mod+Shift+S'), shortcutText('Mod+Enter')]).toEqual(['Ctrl Shift S', 'Ctrl ↵']);
  });
});

describe('CommandList', () => {
  function list() {
    const commands = new CommandList();
    const pause = vi.fn();
    const save = vi.fn();
    const remove = commands.add(() => [{ id: 'pause', run: pause }, { id: 'save', run: save }]);
    return { commands, pause, save, remove };
  }
  const ignore = (): void => undefined;

  it('runs what was pressed until the screen takes it away; then the key is free again', async () => {
    const { commands, pause, remove } = list();
    expect(commands.press(key(' '), ignore)).toBe(true);
    await vi.waitFor(() => expect(pause).toHaveBeenCalledTimes(1));
    remove();
    const left = key(' ');
    expect(commands.press(left, ignore)).toBe(false);
    expect(left.defaultPrevented).toBe(false);
  });

  it('leaves typing alone, but not Ctrl with a letter', async () => {
    const { commands, pause, save } = list();
    const field = document.body.appendChild(document.createElement('input'));
    commands.press(key(' ', {}, field), ignore);
    commands.press(key('s', { ctrlKey: true }, field), ignore);
    await vi.waitFor(() => expect(save).toHaveBeenCalledTimes(1));
    expect(pause).not.toHaveBeenCalled();
    field.remove();
  });

  it('does not run a disabled command, and hands on what fails', async () => {
    const { commands } = list();
    const run = vi.fn();
    const failed = vi.fn();
    commands.add(() => [
      { id: 'pause', disabled: 'Nothing is running', run },
      { id: 'own', label: 'Fails', shortcut: 'X', run: () => Promise.reject(new Error('no')) },
    ]);
    commands.press(key(' '), failed);
    commands.run('pause', failed);
    commands.press(key('x'), failed);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledTimes(1));
    expect(run).not.toHaveBeenCalled();
  });

  it('lists the whole table, what nothing offers with its reason, and what is not in the table last', () => {
    const { commands } = list();
    commands.add(() => [{ id: 'pause', label: 'Continue', run: ignore }, { id: 'own', label: 'Something else', run: ignore }]);
    expect(commands.all.slice(0, -1).map(({ id }) => id)).toEqual(COMMANDS.map(({ id }) => id));
    expect(commands.all.find(({ id }) => id === 'pause')).toMatchObject({ label: 'Continue', keys: ['Space'], disabled: null });
    expect(commands.all.find(({ id }) => id === 'filter')).toMatchObject({ disabled: 'On Results only' });
    expect(commands.all.at(-1)).toMatchObject({ id: 'own', label: 'Something else' });
  });

  it('runs by name, for the native menu', async () => {
    const { commands, save } = list();
    commands.run('save', ignore);
    await vi.waitFor(() => expect(save).toHaveBeenCalledOnce());
  });
});

describe('the command table', () => {
  it('gives each key to one command and has no two of a name', () => {
    const keys = COMMANDS.flatMap((entry) => entry.keys);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(COMMANDS.map(({ id }) => id)).size).toBe(COMMANDS.length);
    expect(new Set(COMMANDS.map(({ label }) => label)).size).toBe(COMMANDS.length);
  });
});
