// One person in several organizations, and who of them pays. With scripts and without.

import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { answer, SOON } from '../support/gateway';
import { shownKey } from '../support/keys';
import { account, organization } from '../support/people';

/** Makes an organization the default one. */
async function choose(page: Page, org: string): Promise<void> {
  await page.goto('/account');
  await page.getByLabel('Default organization').selectOption(org);
  await page.getByRole('button', { name: 'Save profile' }).click();
  await expect(page.getByText('Profile saved.')).toBeVisible();
}

test('a person goes from one organization to another', async ({ page, house, home }) => {
  const second = await organization(house, home.owner, 'Aldgate Papers');
  const menu = (now: string) => page.getByRole('button', { name: now });
  await page.goto(`/${home.id}`);
  await menu(home.name).click();
  await page.getByRole('link', { name: 'Aldgate Papers' }).click();
  await expect(page).toHaveURL(`/${second}`);
  await expect(menu('Aldgate Papers')).toBeVisible();
  // The one that was made first, until another is chosen.
  await page.goto('/');
  await expect(page).toHaveURL(`/${home.id}`);
  await choose(page, second);
  await page.goto('/');
  await expect(page).toHaveURL(`/${second}`);
});

test('a personal key is billed to whom the request names', async ({ page, house, home }) => {
  const second = await organization(house, home.owner, 'Aldgate Papers');
  const foreign = await organization(house, await account(house, 'Stan Stranger'), 'Elsewhere');
  const billed = (org?: string) => answer(house, secret, org ? { 'OpenAI-Organization': org } : {});
  const spent = async (org: string) => {
    const usage = await house.json<{ spent_usd: string }>(['admin', 'usage', '--scope', org]);
    return Number(usage.spent_usd).toFixed(2);
  };
  await page.goto('/account/keys');
  await page.getByLabel('Name', { exact: true }).fill('My notebook');
  await page.getByRole('button', { name: 'Make key' }).click();
  const secret = await shownKey(page);

  await choose(page, '');
  expect(await billed(), 'no default is chosen').toBe('401 organization_required');
  await choose(page, home.id);
  await expect.poll(() => billed(), SOON).toBe('200 answered');
  for (let number = 0; number < 2; number += 1) expect(await billed(second)).toBe('200 answered');
  expect(await billed(foreign)).toBe('401 organization_required');
  expect([await spent(home.id), await spent(second), await spent(foreign)]).toEqual(['0.10', '0.20', '0.00']);

  // The organization's owner may refuse it there, and there alone.
  await page.goto(`/${second}/keys/personal`);
  await page.getByRole('button', { name: 'Refuse key' }).click();
  await expect(page.getByRole('rowheader').filter({ hasText: 'Refused' })).toHaveCount(1);
  await expect.poll(() => billed(second), SOON).toBe('403 insufficient_permissions');
  expect(await billed()).toBe('200 answered');
  await page.goto('/account/keys');
  await page.getByRole('link', { name: 'Rename or revoke…' }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect.poll(() => billed(), SOON).toBe('401 invalid_api_key');
});
