import '../dom.ts';
import { fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import Button from '../../../renderer/components/Button.svelte';

const children = createRawSnippet(() => ({ render: () => '<span>Start study</span>' }));

describe('Button', () => {
  it('keeps the focus and its reason when it cannot be used, and does nothing', async () => {
    const onclick = vi.fn();
    const view = render(Button, { props: { children, onclick, disabled: 'Fix “Seed” first' } });
    const button = screen.getByRole('button', { name: 'Start study', description: 'Fix “Seed” first' });
    button.focus();
    expect(document.activeElement).toBe(button);
    await fireEvent.click(button);
    expect(onclick).not.toHaveBeenCalled();
    await view.rerender({ disabled: null });
    await fireEvent.click(button);
    expect(onclick).toHaveBeenCalledTimes(1);
    expect(button.getAttribute('aria-disabled')).toBeNull();
  });

  it('does nothing twice while busy', async () => {
    const onclick = vi.fn();
    render(Button, { props: { children, onclick, busy: true } });
    await fireEvent.click(screen.getByRole('button', { name: 'Start study' }));
    expect(onclick).not.toHaveBeenCalled();
  });

  it('is named by its label when it is only an icon', () => {
    render(Button, { props: { icon: 'redo', label: 'Redo' } });
    expect(screen.getByRole('button', { name: 'Redo' }).title).toBe('Redo');
  });
});
