// What an owner does on the pages is in force at the gateway, with scripts and without.

import { expect, test } from '../support/fixtures';
import { answer, dime, SOON } from '../support/gateway';
import { live } from '../support/pages';
import { account, signIn } from '../support/people';

test('a revoked key is refused', async ({ page, house, home }) => {
  const { secret } = await live(house, home);
  await page.goto(`/${home.id}/keys`);
  await page.getByRole('link', { name: 'Revoke…' }).click();
  await page.getByRole('link', { name: 'Keep key' }).click();
  await page.getByRole('link', { name: 'Revoke…' }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByRole('rowheader', { name: 'Chat widget' })).toContainText('Revoked');
  await expect.poll(() => answer(house, secret), SOON).toBe('401 invalid_api_key');
  await page.goto(`/${home.id}/keys`);
  await expect(page.getByRole('rowheader', { name: 'Chat widget' })).toHaveCount(0);
});

test('a budget is raised, lowered and removed', async ({ page, house, home }) => {
  const { secret } = await live(house, home);
  const set = async (amount: string, said: string) => {
    await page.getByLabel('Amount a month').fill(amount);
    await page.getByRole('button', { name: 'Save budget' }).click();
    await expect(page.getByText(said)).toBeVisible();
  };
  await page.goto(`/${home.id}/budgets`);
  await set('$0.50', 'Budget saved.');
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
  expect(await answer(house, secret)).toBe('429 organization_spend_limit_exceeded');
  await set('0.10', 'Budget saved, and it blocks now.');
  expect(await answer(house, secret)).toBe('429 organization_spend_limit_exceeded');
  await page.getByRole('button', { name: 'Remove budget' }).click();
  await expect(page.getByText('Budget removed.')).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
});

test('a threshold that is passed already mails nobody', async ({ page, house, home }) => {
  await live(house, home);
  const mails = () => house.sink.to(home.owner.email).length;
  await expect.poll(mails).toBe(2);
  await page.goto(`/${home.id}/budgets`);
  await page.getByLabel('Notify at').fill('0.15');
  await page.getByLabel('Of what').selectOption('usd');
  await page.getByRole('button', { name: 'Add threshold' }).click();
  await expect(page.getByText('already passed')).toBeVisible();
  const row = page.getByRole('row').filter({ hasText: '$0.15' });
  await expect(row.getByText('Passed')).toBeVisible();
  await page.goto(`/${home.id}/alerts`);
  await expect(page.getByText(/[Nn]ot mailed: already passed/)).toBeVisible();
  await page.goto(`/${home.id}/budgets`);
  await row.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('Threshold removed.')).toBeVisible();
  await expect(row).toHaveCount(0);
  expect(await house.waiting(), 'it is written with the threshold, or not at all').toBe(0);
  expect(mails()).toBe(2);
});

test('without a billing profile requests are refused, with one they pass', async ({ page, house }) => {
  const owner = await account(house, 'Bea Billing');
  await signIn(page, owner);
  await page.goto('/');
  await page.getByLabel('Name', { exact: true }).fill('No bills yet');
  await page.getByRole('button', { name: 'Make organization' }).click();
  await page.getByRole('link', { name: 'API keys', exact: true }).click();
  await page.getByRole('link', { name: 'New key' }).click();
  await page.getByLabel('Name', { exact: true }).fill('First');
  await page.getByRole('button', { name: 'Make key' }).click();
  const secret = (await page.locator('.secret code').textContent()) ?? '';
  const refusal = await (await dime(house, secret)).json();
  expect(refusal.error).toMatchObject({ type: 'billing_not_active', code: 'billing_not_active' });
  const link = /http:\S+billing/.exec(refusal.error.message)?.[0] ?? '';
  await page.goto(link);
  await page.getByLabel('Legal name').fill('No Bills AS');
  await page.getByLabel('Billing e-mail').fill(owner.email);
  await page.getByLabel('Address').fill('Somewhere 1');
  await page.getByLabel('Country').selectOption('NO');
  await page.getByRole('button', { name: 'Save billing profile' }).click();
  await expect(page.getByText('Billing profile saved.')).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
});

test('the theme stays as it was chosen', async ({ page, home }) => {
  await page.goto(`/${home.id}/keys`);
  await page.getByRole('button', { name: home.owner.name }).click();
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page).toHaveURL(`/${home.id}/keys`);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.goto(`/${home.id}`);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('a new name and zone are seen at once', async ({ page, home }) => {
  await page.goto(`/${home.id}/settings`);
  await page.getByLabel('Name', { exact: true }).fill('Brackwater & Daughters');
  await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByText('Settings saved.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Brackwater & Daughters' })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Time zone')).toHaveValue('Asia/Tokyo');
});
