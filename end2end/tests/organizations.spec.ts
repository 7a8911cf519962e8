// One person in several organizations, and who of them pays. With scripts and without.

import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { pick, send } from '../support/forms';
import { answer, SOON } from '../support/gateway';
import { shownKey } from '../support/keys';
import { live } from '../support/pages';
import { account, enlist, organization } from '../support/people';

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

test('rules and the end of an organization are in force at once', async ({ page, house, home, visit }) => {
  const { secret } = await live(house, home);
  const rae = await account(house, 'Rae Reader');
  const hers = await visit(rae);
  await enlist(house, home.id, page.request, rae, hers.request);
  await hers.goto(`/${home.id}/projects`);
  await expect(hers.getByText('Support assistant')).toHaveCount(0);
  await page.goto(`/${home.id}/settings`);
  await pick(page, 'Readers see that all projects exist').check();
  await pick(page, 'Only service accounts may have new keys').check();
  await page.getByRole('button', { name: 'Save rules' }).click();
  await expect(pick(page, 'Only service accounts may have new keys')).toBeChecked();
  await hers.reload();
  await expect(hers.getByText('Support assistant')).toBeVisible();
  await expect(hers.getByRole('link', { name: 'Support assistant' })).toHaveCount(0);
  await page.goto(`/${home.id}/keys/new`);
  await expect(page.locator('input[name=owner]')).toHaveCount(1);
  await expect(pick(page, 'A service account')).toBeChecked();

  await page.goto(`/${home.id}/settings`);
  await page.getByRole('link', { name: 'Close organization' }).click();
  const name = (value: string) => [{ field: 'Name of the organization', value }];
  await send(page, 'Close organization', name('Another'));
  await expect(page.getByRole('alert')).toContainText('Nothing was closed');
  await send(page, 'Close organization', name(home.name));
  await expect.poll(() => answer(house, secret), SOON).toBe('403 organization_suspended');
  await page.goto(`/${home.id}/settings`);
  await page.getByRole('button', { name: 'Reopen organization' }).click();
  await expect.poll(() => answer(house, secret), SOON).toBe('429 organization_spend_limit_exceeded');
});
