import '../dom.ts';
import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import NumberField from '../../../renderer/components/NumberField.svelte';

function show(props: { value: unknown; step?: number; decimals?: number; locked?: string | null; unit?: string }) {
  const onchange = vi.fn<(value: number | string | null) => void>();
  const view = render(NumberField, { props: { label: 'Requests', onchange, ...props } });
  const field = screen.getByRole<HTMLInputElement>('textbox');
  /** The owner of the value takes what the field says, as a form does. */
  const follow = async (): Promise<void> => view.rerender({ value: onchange.mock.lastCall![0] });
  return { onchange, field, follow, rerender: view.rerender };
}

describe('NumberField', () => {
  it('shows thousands and says its unit', () => {
    show({ value: 3413, unit: 'per trial' });
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Requests (per trial)' }).value).toBe('3,413');
  });

  it('takes 1.5k, leaves the text alone while typing and tidies it when left', async () => {
    const { field, onchange, follow } = show({ value: 1 });
    await fireEvent.input(field, { target: { value: '1.5k' } });
    await follow();
    expect(onchange).toHaveBeenLastCalledWith(1500);
    expect(field.value).toBe('1.5k');
    await fireEvent.blur(field);
    expect(field.value).toBe('1,500');
  });

  it('hands on what is no number as typed, and an empty field as null', async () => {
    const { field, onchange, follow } = show({ value: 1 });
    await fireEvent.input(field, { target: { value: 'many' } });
    expect(onchange).toHaveBeenLastCalledWith('many');
    await follow();
    await fireEvent.blur(field);
    expect(field.value).toBe('many');
    await fireEvent.input(field, { target: { value: ' ' } });
    expect(onchange).toHaveBeenLastCalledWith(null);
  });

  it('steps with the arrow keys, ten at a time with Shift, without rounding dust', async () => {
    const { field, onchange } = show({ value: 0.2, step: 0.1 });
    await fireEvent.keyDown(field, { key: 'ArrowUp' });
    await fireEvent.keyDown(field, { key: 'ArrowDown' });
    await fireEvent.keyDown(field, { key: 'ArrowUp', shiftKey: true });
    expect(onchange.mock.calls.flat()).toEqual([0.3, 0.1, 1.2]);
  });

  it('follows a value changed from outside, even while typing', async () => {
    const { field, follow, rerender } = show({ value: 1 });
    await fireEvent.input(field, { target: { value: '22' } });
    await follow();
    await rerender({ value: 1 });
    expect(field.value).toBe('1');
  });

  it('cannot be stepped while locked and says why', async () => {
    const { field, onchange } = show({ value: 5, locked: 'Running.' });
    await fireEvent.keyDown(field, { key: 'ArrowUp' });
    expect(onchange).not.toHaveBeenCalled();
    expect(field.readOnly).toBe(true);
    expect(field.parentElement!.title).toBe('Running.');
  });
});
