// What WCAG 2.2 added at level AA, and what zoom asks of a page. Focus that is not obscured: keyboard.spec. Targets that
// are large enough: narrow.spec. What was typed is kept: forms.spec.

import { expect, test } from '../support/fixtures';
import { doors, inhabit, live, offices, pages } from '../support/pages';
import { account, organization, signIn } from '../support/people';

test('help is at one place, nothing is dragged, and zoom takes nothing away', async ({ page, house, home }) => {
  test.setTimeout(300_000);
  const lived = await live(house, home);
  const more = await inhabit(house, home.id, page.request);
  for (const { path } of pages(home.id, [...lived.pages, ...more])) {
    await page.goto(path);
    // 3.2.6: the same two links before who one is, on every page.
    const foot = page.locator('.nav .foot').getByRole('link');
    if (await page.locator('.nav').count()) await expect.soft(foot, path).toHaveText([/^Search/, 'Help']);
    // 2.5.7: what could be dragged would need another way.
    const dragged = page.locator('[draggable="true"], input[type="range"]');
    await expect.soft(dragged, path).toHaveCount(0);
    // 1.4.10: at 320 pixels, which 1280 are at 400 %; and at 200 %.
    for (const width of [320, 640]) {
      await page.setViewportSize({ width, height: 512 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect.soft(wide, `${path} at ${width}`).toBeLessThanOrEqual(width);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }
});

test('signing in asks for no puzzle, and what is kept elsewhere can be pasted', async ({ page, context, house }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const ines = await account(house, 'Ines Okafor');
  await organization(house, ines, 'Brackwater Freight');
  await page.goto('/sign-in');
  const password = page.getByLabel('Password');
  await expect(page.getByLabel('E-mail')).toHaveAttribute('autocomplete', 'username');
  await expect(password).toHaveAttribute('autocomplete', 'current-password');
  await page.getByLabel('E-mail').fill(ines.email);
  await page.evaluate((text) => navigator.clipboard.writeText(text), ines.password);
  await password.focus();
  await page.keyboard.press('Control+v');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/org-/);
});

test('pages before signing in and of the operator are as wide as the window', async ({ page, house }) => {
  const operator = await account(house, 'Oda Operator', ['--operator']);
  await organization(house, operator, 'Run & Kept');
  const check = async (path: string) => {
    await page.setViewportSize({ width: 320, height: 512 });
    await page.goto(path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect.soft(wide, path).toBeLessThanOrEqual(320);
  };
  for (const { path } of doors) await check(path);
  await signIn(page, operator);
  for (const { path } of offices) await check(path);
});
