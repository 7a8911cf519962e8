import { expect, type Locator, type Page } from '@playwright/test';

/** More stops than any page has. */
const STOPS = 250;

/** Goes on with Tab until that has the focus; on the way nothing that has it is hidden. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < STOPS; stop += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
    expect(await hidden(page)).toBeNull();
  }
  throw new Error(`${STOPS} stops, and none of them is ${target}`);
}

/** Types into what Tab leads to, in the place of what is there. */
export async function type(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** What has the focus, if nobody can see that: it has no outline, or something lies over all of it (WCAG 2.4.7, 2.4.11). */
export function hidden(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const { left, right, top, bottom, width, height } = at.getBoundingClientRect();
    const name = `${at.tagName} ${at.getAttribute('name') ?? ''} ${at.textContent?.trim().slice(0, 40) ?? ''}`;
    const outlined = [at, at.parentElement].some((one) => one && getComputedStyle(one).outlineStyle !== 'none');
    // Of a date, one part after the other is marked instead.
    if (!outlined && !at.matches('.palette input, [type="date"], [type="datetime-local"]')) return `no outline: ${name}`;
    if (width < 2 || height < 2) return `no size: ${name}`;
    const spots = [
      [left + 2, top + 2], [right - 2, top + 2], [left + 2, bottom - 2], [right - 2, bottom - 2],
      [(left + right) / 2, (top + bottom) / 2],
    ];
    const seen = spots.some(([x, y]) => {
      const there = document.elementFromPoint(x, y);
      return there && (at.contains(there) || there.contains(at) || at.closest('label')?.contains(there));
    });
    return seen ? null : `covered: ${name}`;
  });
}
