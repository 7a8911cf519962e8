// A large file is asked for, left alone, come back to, fetched.

import { readFileSync } from 'node:fs';
import { expect, test } from '../support/fixtures';
import { live } from '../support/pages';
import { post } from '../support/people';

test('a file is written while one does something else', async ({ page, house, home, javaScriptEnabled }) => {
  await live(house, home);
  await page.goto(`/${home.id}/exports`);
  await expect(page.getByRole('heading', { name: 'No file was asked for' })).toBeVisible();
  // What the button of a long file sends; here few lines are used.
  const query = 'range=30d&by=project&and=model';
  await post(page.request, `/${home.id}/exports`, { deed: 'ask', query });
  await page.goto(`/${home.id}/exports`);
  const row = page.getByRole('row', { name: /usage-/ });
  const download = row.getByRole('link', { name: /Download usage-/ });
  if (javaScriptEnabled === false) {
    await expect(async () => {
      await page.reload();
      await expect(download).toBeVisible({ timeout: 100 });
    }).toPass({ timeout: 30_000 });
  }
  const [file] = await Promise.all([page.waitForEvent('download'), download.click()]);
  expect(file.suggestedFilename()).toMatch(/^usage-\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d-by-[a-z-]+\.csv$/);
  const direct = await page.request.get(`/${home.id}/usage.csv?${query}`);
  expect(readFileSync(await file.path(), 'utf8')).toBe(await direct.text());

  await row.getByRole('link', { name: /^usage-/ }).click();
  await expect(page).toHaveURL(/usage\?.*and=model/);
  await page.goBack();
  await row.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('File removed.')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'No file was asked for' })).toBeVisible();
});
