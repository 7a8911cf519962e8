// What a person's hand gets an answer from at once, and what the browser may not do.

import { expect, test } from '../support/fixtures';
import { live } from '../support/pages';

test('a click copies a new key', async ({ page, context, home }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`/${home.id}/keys/new`);
  await page.getByLabel('Name', { exact: true }).fill('Nightly import');
  await page.getByRole('button', { name: 'Make key' }).click();
  const secret = page.locator('.secret');
  await secret.getByRole('button', { name: 'Copy' }).click();
  await expect(secret.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await secret.locator('code').textContent());
});

test('the chart answers the pointer and the arrow keys', async ({ page, house, home }) => {
  await live(house, home);
  await page.goto(`/${home.id}/usage`);
  const plot = page.locator('.peek');
  const tip = plot.locator('.peek-tip');
  await expect(tip).toHaveText('');
  const bars = plot.locator('svg[role] > :is(a, g)');
  const titles = await bars.locator('title').allTextContents();
  const today = titles.findIndex((title) => title.endsWith('$0.40'));

  // Until the island is alive it hears of no pointer.
  await expect(async () => {
    await page.mouse.move(1, 1);
    await bars.nth(today).hover({ force: true });
    await expect(tip).toContainText('$0.40', { timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect(tip).toContainText('Support assistant');
  await expect(tip).toContainText(titles[today].split(':')[0]);
  await page.mouse.move(1, 1);
  await expect(tip).toHaveText('');

  // Once on a bar the focus stays among them.
  await plot.focus();
  await page.keyboard.press('Home');
  await expect(tip).toContainText(titles[0].split(':')[0]);
  await page.keyboard.press('ArrowRight');
  await expect(tip).toContainText(titles[1].split(':')[0]);
  await page.keyboard.press('ArrowLeft');
  await expect(tip).toContainText(titles[0].split(':')[0]);
  await page.keyboard.press('End');
  await expect(tip).toContainText(titles[titles.length - 1].split(':')[0]);
});

test('what the policy forbids is noticed', async ({ page, complaints }) => {
  await page.goto('/sign-in');
  expect(complaints).toEqual([]);
  await page.evaluate(() => {
    document.body.append(Object.assign(new Image(), { src: 'https://evil.example/x.png' }));
    document.body.setAttribute('style', 'color: red');
  });
  await expect.poll(() => complaints.join()).toMatch(/img-src.*style-src/);
  // Every test fails that ends with any.
  complaints.length = 0;
});

test('the policy lets only what is ours', async ({ page, home }) => {
  const response = await page.goto(`/${home.id}/usage`);
  const headers = response?.headers() ?? {};
  const policy = headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).not.toMatch(/'unsafe-eval'/);
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
  });
  const again = await page.goto(`/${home.id}/usage`);
  expect(again?.headers()['content-security-policy'], 'a nonce is used once').not.toBe(policy);
});
