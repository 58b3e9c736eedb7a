import '../dom.ts';
import { describe, expect, it, vi } from 'vitest';
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
    const remove = commands.add(() => [
      { id: 'pause', label: 'Pause', shortcut: 'Space', run: pause },
      { id: 'save', label: 'Save', shortcut: 'Mod+S', run: save },
    ]);
    return { commands, pause, save, remove };
  }
  const ignore = (): void => undefined;

  it('runs what was pressed until the screen takes it away', async () => {
    const { commands, pause, remove } = list();
    expect(commands.press(key(' '), ignore)).toBe(true);
    await vi.waitFor(() => expect(pause).toHaveBeenCalledTimes(1));
    remove();
    expect(commands.press(key(' '), ignore)).toBe(false);
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
      { id: 'pause', label: 'Pause', shortcut: 'Space', disabled: 'Nothing is running', run },
      { id: 'fails', label: 'Fails', shortcut: 'X', run: () => Promise.reject(new Error('no')) },
    ]);
    commands.press(key(' '), failed);
    commands.press(key('x'), failed);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledTimes(1));
    expect(run).not.toHaveBeenCalled();
  });

  it('lists a command once; the screen’s own stands for the app’s', () => {
    const { commands } = list();
    commands.add(() => [{ id: 'pause', label: 'Continue', run: ignore }]);
    expect(commands.all.map(({ label }) => label)).toEqual(['Save', 'Continue']);
  });
});
