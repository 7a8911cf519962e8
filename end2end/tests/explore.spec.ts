// Usage from all sides: by keyboard alone, from an address, without scripts.

import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { live } from '../support/pages';

/** Presses Tab until this is the focused element. */
async function tabTo(page: Page, role: 'link' | 'button' | 'combobox' | 'textbox' | 'group', name: string | RegExp) {
  const wanted = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 150; presses += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`no ${role} ${name} is reached by Tab`);
}

test('a view is made by keyboard alone and restored by its address', async ({ page, house, home }) => {
  await live(house, home);
  await page.goto(`/${home.id}/usage`);
  await tabTo(page, 'link', '7 days');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/range=7d/);

  await tabTo(page, 'combobox', 'Group by');
  await page.keyboard.type('Model');
  await tabTo(page, 'combobox', 'and');
  await page.keyboard.type('Project');
  await tabTo(page, 'combobox', 'Bars');
  await page.keyboard.type('Added');
  await tabTo(page, 'button', 'Apply');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/by=model.*and=project.*sum=yes/);
  const groups = page.getByRole('region', { name: 'Usage by model and project' });
  await expect(groups.getByRole('row').nth(1)).toContainText('Support assistant');

  // What is folded opens with Enter, too.
  await page.keyboard.press('Home');
  await tabTo(page, 'combobox', 'Group by');
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    const words = await page.evaluate(() => document.activeElement?.textContent ?? '');
    if (words.startsWith('Filter')) break;
  }
  await page.keyboard.press('Enter');
  await tabTo(page, 'combobox', 'Project');
  await page.keyboard.type('Support');
  await tabTo(page, 'button', 'Add filter');
  await page.keyboard.press('Enter');
  const chip = page.getByRole('link', { name: 'Remove filter: Project is Support assistant' });
  await expect(chip).toBeVisible();

  const address = page.url();
  const shown = await page.locator('main').innerText();
  await page.goto(`/${home.id}`);
  await page.goto(address);
  const again = await page.locator('main').innerText();
  const still = (text: string) => text.replace(/Complete to [^;.]*/, '');
  expect(still(again)).toBe(still(shown));

  await tabTo(page, 'link', 'Remove filter: Project is Support assistant');
  await page.keyboard.press('Enter');
  await expect(chip).toHaveCount(0);
  await expect(page).toHaveURL(/range=7d.*by=model.*and=project/);
});

test('a bar opens its hours, and the file has the same sum', async ({ page, house, home }) => {
  await live(house, home);
  await page.goto(`/${home.id}/usage?range=7d`);
  const today = page.locator('.plot a').last();
  await page.goto((await today.getAttribute('href')) ?? '');
  const hours = page.getByRole('region', { name: 'Usage by hour' });
  await expect(hours.getByRole('row').last()).toContainText('$0.40');
  const file = page.getByRole('link', { name: 'Export CSV' });
  const answer = await page.request.get((await file.getAttribute('href')) ?? '');
  expect(answer.headers()['content-disposition']).toMatch(/usage-[\d-]{10}_[\d-]{10}-by-[a-z-]+\.csv"$/);
  const [head, ...lines] = (await answer.text()).trim().split('\r\n').map((line) => line.split(','));
  const charge = head.indexOf('charge_usd');
  const cents = lines.map((line) => Math.round(Number(line[charge]) * 100));
  expect(cents.reduce((sum, more) => sum + more, 0)).toBe(40);
});

test('every number is there without a picture', async ({ page, house, home }) => {
  await live(house, home);
  for (const query of ['', '?range=today&by=key', '?range=30d&by=model&and=member&sum=yes']) {
    await page.goto(`/${home.id}/usage${query}`);
    await expect(page.locator('main')).toContainText('$0.40');
    for (const table of await page.getByRole('region', { name: /^Usage by/ }).all()) {
      await expect(table.getByRole('row').last()).toContainText('$0.40');
    }
    await expect(page.locator('.stats')).toContainText('Refused');
  }
});

test('what is wrong is said, and the page goes on', async ({ page, house, home }) => {
  await live(house, home);
  await page.goto(`/${home.id}/usage?from=2026-11-05&until=2026-11-01&zone=Mars/Crater`);
  await expect(page.getByText('before it begins on 5 Nov 2026')).toBeVisible();
  await expect(page.getByText('There is no time zone “Mars/Crater”')).toBeVisible();
  await expect(page.getByLabel('Until, included')).toHaveValue('2026-11-01');
  await page.getByLabel('Until, included').fill('2026-11-06');
  await page.getByRole('button', { name: 'Show dates' }).click();
  await expect(page.getByText('before it begins')).toHaveCount(0);
  await expect(page.getByText('5–6 Nov 2026').first()).toBeVisible();
});
