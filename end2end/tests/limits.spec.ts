// How much an organization may spend, and how fast its projects may be. With scripts and without.

import { expect, test } from '../support/fixtures';
import { dime } from '../support/gateway';
import { account } from '../support/people';
import { openReceipt, receiptOf } from '../support/receipts';

test('a tier is edited and set, and its owner reads why', async ({ page, house, home, visit }) => {
  const office = await visit(await account(house, 'Oda Operator', ['--operator']));
  await office.goto('/operator/tiers');
  await office.getByRole('row').filter({ hasText: 'Tier 5' }).getByRole('link', { name: 'Edit tier 5' }).click();
  await office.getByLabel('Usage limit', { exact: true }).fill('4,000');
  await office.getByRole('button', { name: 'Save tier' }).click();
  await expect(office.getByRole('alert')).toContainText('Nothing was saved');
  await expect(office.getByText('Write more than tier 4 allows.').first()).toBeVisible();
  await office.getByLabel('Usage limit', { exact: true }).fill('200,000');
  await office.getByRole('button', { name: 'Save tier' }).click();
  await expect(office.getByText('Tier saved.')).toBeVisible();

  await office.goto(`/operator?search=${home.id}`);
  await office.getByRole('row').filter({ hasText: home.id }).getByRole('link', { name: 'Tier…' }).click();
  await office.getByLabel('Usage tier', { exact: true }).selectOption('3');
  await office.getByLabel(/^Hold it/).check();
  await office.getByLabel('Reason').fill('Contract 12');
  await office.getByRole('button', { name: 'Set the tier' }).click();
  await expect(office.getByText('Usage tier set.')).toBeVisible();

  await page.goto(`/${home.id}/limits`);
  await expect(page.getByText('$1,000.00').first()).toBeVisible();
  await expect(page.getByText('Missing to tier 4, $5,000.00 a month')).toBeVisible();
  await page.goto(`/${home.id}/audit`);
  await expect(page.getByText('Contract 12').first()).toBeAttached();
});

test('a project’s rate limit is set, refuses, and is cleared', async ({ page, house, home }) => {
  const json = <T>(...command: string[]) => house.json<T>(['admin', ...command]);
  const project = await json<{ id: string }>(
    'project', 'create', '--org', home.id, '--name', 'Paced', '--environment', 'staging',
  );
  const { secret } = await json<{ secret: string }>('key', 'create', '--project', project.id, '--name', 'Robot');
  await page.goto(`/${home.id}/projects/${project.id}`);
  await page.getByRole('link', { name: 'Rate limits' }).click();
  await expect(page.getByText('No model was used yet')).toBeVisible();
  const day = page.getByLabel('Requests per day');
  await page.getByLabel('Model', { exact: true }).fill('sandbox-dime');
  await day.fill('1.5');
  await page.getByRole('button', { name: 'Save rates' }).click();
  await expect(page.getByRole('alert')).toContainText('Write a whole number from 0');
  await day.fill('1');
  await page.getByRole('button', { name: 'Save rates' }).click();
  await expect(page.getByText('Rate limits saved.')).toBeVisible();

  expect((await dime(house, secret)).status).toBe(200);
  const refused = await dime(house, secret);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('1');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await openReceipt(page, receiptOf(await refused.text()), 'Refused by a rate limit');
  await page.getByRole('link', { name: 'Go to the rate limits' }).click();
  const row = page.getByRole('row').filter({ hasText: 'sandbox-dime' });
  await expect(row).toContainText('1 of 1');
  await row.getByRole('button', { name: 'Clear sandbox-dime' }).click();
  await expect(row).toContainText('no limit');
  expect((await dime(house, secret)).status).toBe(200);
});
