import '../dom.ts';
import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import ListField from '../../../renderer/components/ListField.svelte';

function show(values: readonly number[]) {
  const onchange = vi.fn<(values: readonly number[]) => void>();
  render(ListField, { props: { label: 'Values of Max batch size', values, onchange } });
  const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'Add to Values of Max batch size' });
  const enter = async (text: string): Promise<void> => {
    await fireEvent.input(field, { target: { value: text } });
    await fireEvent.keyDown(field, { key: 'Enter' });
  };
  return { onchange, field, enter };
}

describe('ListField', () => {
  it('keeps the list sorted when a value is added', async () => {
    const { enter, onchange, field } = show([4, 16]);
    await enter('8');
    expect(onchange).toHaveBeenLastCalledWith([4, 8, 16]);
    expect(field.value).toBe('');
  });

  it('takes several at once', async () => {
    const { enter, onchange } = show([4]);
    await enter('64, 1,024 8');
    expect(onchange).toHaveBeenLastCalledWith([4, 8, 64, 1024]);
  });

  it('refuses a duplicate in words and keeps what was typed', async () => {
    const { enter, onchange, field } = show([4, 8]);
    await enter('8');
    expect(onchange).not.toHaveBeenCalled();
    expect(screen.getByText('8 is in the list already.')).toBeTruthy();
    expect(field.value).toBe('8');
  });

  it('refuses what is no number', async () => {
    const { enter, onchange } = show([4]);
    await enter('big');
    expect(onchange).not.toHaveBeenCalled();
    expect(screen.getByText('“big” is not a number.')).toBeTruthy();
  });

  it('takes the last one away with Backspace in the empty field, and any with its button', async () => {
    const { field, onchange } = show([4, 8, 16]);
    await fireEvent.keyDown(field, { key: 'Backspace' });
    expect(onchange).toHaveBeenLastCalledWith([4, 8]);
    await fireEvent.click(screen.getByRole('button', { name: 'Remove 8' }));
    expect(onchange).toHaveBeenLastCalledWith([4, 16]);
  });
});
