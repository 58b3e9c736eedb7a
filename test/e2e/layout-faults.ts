import type { Page } from '@playwright/test';

/**
 * Text on screen that cannot be read: cut off without a way to read the whole, outside the window, or over other text. Looks
 * at text as it is laid out, not at boxes; what is scrolled away, hidden or only for screen readers is left out.
 */
export function layoutFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    interface Piece { readonly element: Element; readonly text: string; readonly rects: readonly DOMRect[]; readonly floats: Element | null }
    const TOLERANCE_PX = 2;
    const faults: string[] = [];
    const named = ({ element, text }: Piece): string => `“${text.slice(0, 40)}” in ${element.tagName.toLowerCase()}${typeof element.className === 'string' && element.className ? `.${element.className.split(' ')[0]}` : ''}`;

    /** What cuts an element off: the part of the screen that its scrolling or hiding ancestors leave of it. */
    function window_(element: Element): { left: number; right: number; top: number; bottom: number; scrolls: boolean } {
      const seen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight, scrolls: false };
      for (let at: Element | null = element; at !== null && at !== document.documentElement; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.position === 'fixed') break;
        if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
        const box = at.getBoundingClientRect();
        seen.scrolls ||= /auto|scroll/.test(style.overflowX + style.overflowY);
        seen.left = Math.max(seen.left, box.left);
        seen.right = Math.min(seen.right, box.right);
        seen.top = Math.max(seen.top, box.top);
        seen.bottom = Math.min(seen.bottom, box.bottom);
      }
      return seen;
    }
    const FLOATING = '[role="dialog"], [role="alertdialog"], [role="menu"], .toasts, .tip';
    const modal = [...document.querySelectorAll('[role="dialog"][data-state="open"], [role="alertdialog"]')].at(-1) ?? null;

    const pieces: Piece[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent!.trim();
      const element = node.parentElement!;
      if (text === '' || element.closest('.sr, script, style, [hidden], canvas, [aria-live]') !== null) continue;
      if (modal !== null && !modal.contains(element)) continue;
      // What a closed “More” keeps has a place in the layout, but nobody sees it.
      if (!element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      if (style.visibility === 'hidden' || style.opacity === '0' || style.clipPath !== 'none') continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1);
      if (rects.length === 0) continue;
      const piece: Piece = { element, text, rects, floats: element.closest(FLOATING) };
      const seen = window_(element);
      const readable = (rect: DOMRect): boolean => rect.left < seen.right && rect.right > seen.left && rect.top < seen.bottom && rect.bottom > seen.top;
      const inSight = rects.filter(readable);
      const cut = rects.some((rect) => rect.right > seen.right + TOLERANCE_PX || rect.left < seen.left - TOLERANCE_PX);
      // Shortened with an ellipsis is fine where the whole is a hover away; scrolled is fine.
      const shortened = element.closest('[title]') !== null && [element, element.parentElement!].some((one) => getComputedStyle(one).textOverflow === 'ellipsis');
      if (inSight.length > 0 && cut && !shortened && !seen.scrolls) faults.push(`cut off: ${named(piece)}`);
      const low = rects.some((rect) => rect.bottom > seen.bottom + TOLERANCE_PX);
      if (inSight.length > 0 && low && !seen.scrolls) faults.push(`cut off below: ${named(piece)}`);
      if (inSight.length > 0) {
        const clip = (rect: DOMRect): DOMRect => new DOMRect(Math.max(rect.left, seen.left), Math.max(rect.top, seen.top), Math.min(rect.right, seen.right) - Math.max(rect.left, seen.left), Math.min(rect.bottom, seen.bottom) - Math.max(rect.top, seen.top));
        pieces.push({ ...piece, rects: inSight.map(clip) });
      }
    }

    for (let i = 0; i < pieces.length; i++) {
      for (let k = i + 1; k < pieces.length; k++) {
        const [a, b] = [pieces[i]!, pieces[k]!];
        if (a.floats !== b.floats || a.element === b.element) continue;
        const over = a.rects.some((one) => b.rects.some((other) =>
          Math.min(one.right, other.right) - Math.max(one.left, other.left) > TOLERANCE_PX && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > TOLERANCE_PX + 2));
        if (over) faults.push(`over each other: ${named(a)} and ${named(b)}`);
      }
    }
    return [...new Set(faults)];
  });
}
