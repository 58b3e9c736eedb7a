/** F6: focus goes to the next landmark, Shift F6 to the one before, around in a circle. */
export function goToRegion(by: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('.app header, .app .actionbar, .app main, .app aside, .app section[aria-label], .app section[aria-labelledby], .app [data-region]')]
    .filter((region) => region.getClientRects().length > 0 || region.offsetParent === null)
    .filter((region, _, all) => !all.some((other) => other !== region && region.contains(other) && region.tagName === 'MAIN'));
  if (regions.length === 0) return;
  const at = regions.findLastIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + by + regions.length) % regions.length] ?? regions[0]!;
  const target = next.querySelector<HTMLElement>('button, a[href], input, [tabindex="0"]') ?? next;
  if (target === next) next.tabIndex = -1;
  target.focus();
}
