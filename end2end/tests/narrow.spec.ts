// On a phone nothing is wider than the screen, and everything can be reached.

import { tooSmall } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { limit } from '../support/limits';
import { doors, inhabit, live, offices, pages } from '../support/pages';
import { account, signIn } from '../support/people';

test('no page is wider than a phone, and nothing too small for a finger', async ({ page, house, home }) => {
  const lived = await live(house, home);
  const limited = await limit(house, home.id, page.request, lived);
  const more = await inhabit(house, home.id, page.request);
  const check = async (path: string) => {
    await page.goto(path);
    const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect.soft(wide, path).toBeLessThanOrEqual(screen);
    expect.soft(screen, path).toBe(360);
    expect.soft(await tooSmall(page), path).toEqual([]);
  };
  for (const { path } of pages(home.id, [...lived.pages, ...limited, ...more])) await check(path);
  await page.context().clearCookies();
  for (const { path } of doors) await check(path);
  await signIn(page, await account(house, 'Oda Operator', ['--operator']));
  for (const { path } of offices) await check(path);
});

test('the menu opens and leads on', async ({ page, home }) => {
  await page.goto(`/${home.id}`);
  const link = page.getByRole('link', { name: 'API keys' });
  await expect(link).toBeHidden();
  await page.getByRole('button', { name: 'Menu' }).tap();
  await link.tap();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('API keys');
  await page.getByRole('button', { name: 'Menu' }).tap();
  await page.getByRole('button', { name: home.owner.name }).tap();
  await page.getByRole('button', { name: 'Sign out', exact: true }).tap();
  await expect(page).toHaveURL(/\/sign-in$/);
});
