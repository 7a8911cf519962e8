// Every part in every state, as the page /design shows them, against the pictures beside this file. What is meant to
// look different is taken anew: `make pictures`, and the change is looked at in the commit.

import { expect, test } from '../support/fixtures';
import { account, organization, signIn } from '../support/people';

test('parts look as they did', async ({ page, house }) => {
  const operator = await account(house, 'Oda Operator', ['--operator']);
  await organization(house, operator, 'Run & Kept');
  await signIn(page, operator);
  // Each fits, so that nothing that stays in view while one scrolls lies over it.
  await page.setViewportSize({ width: 1280, height: 1200 });
  await page.goto('/design', { waitUntil: 'networkidle' });
  const parts = page.locator('.specimen');
  expect(await parts.count()).toBeGreaterThan(10);
  for (const part of await parts.all()) {
    const name = `${await part.getAttribute('id')}.png`;
    await expect.soft(part).toHaveScreenshot(name);
  }
});
