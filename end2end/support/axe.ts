import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const LOOKS = ['light', 'dark'] as const;
export type Look = (typeof LOOKS)[number];

/** What axe says against the page in that look. */
export async function findings(page: Page, look: Look): Promise<string[]> {
  await page.emulateMedia({ colorScheme: look });
  // Dark differs from light in its colours alone.
  return look === 'light' ? run(page, 'tag', RULES) : run(page, 'rule', ['color-contrast']);
}

/** What a finger can miss, by axe. */
export const tooSmall = (page: Page): Promise<string[]> => run(page, 'rule', ['target-size']);

/** No page of ours has frames, so it runs in the page itself. */
async function run(page: Page, type: 'tag' | 'rule', values: string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  return page.evaluate(async (runOnly) => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    const { violations } = await axe.run({ runOnly, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`),
    );
  }, { type, values });
}
