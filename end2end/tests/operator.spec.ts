// Who runs the installation: what is stopped, who is signed out, what became of mails. With scripts and without.

import { expect, test } from '../support/fixtures';
import { answer, SOON } from '../support/gateway';
import { live } from '../support/pages';
import { account, post } from '../support/people';

test('an organization is suspended, and goes on', async ({ page, house, home, visit }) => {
  const { secret } = await live(house, home);
  const office = await visit(await account(house, 'Oda Operator', ['--operator']));
  await office.goto(`/operator?search=${home.id}`);
  const row = office.getByRole('row').filter({ hasText: home.id });
  await row.getByRole('link', { name: 'Suspend…' }).click();
  const suspend = async (reason: string) => {
    await office.getByLabel('Reason').fill(reason);
    await office.getByRole('button', { name: 'Suspend it' }).click();
  };
  await suspend(' ');
  await expect(office.getByRole('alert')).toContainText('It was not suspended');
  await suspend('Invoice 17 is open');
  await expect(office.getByText('Organization suspended.')).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('403 organization_suspended');
  await page.goto(`/${home.id}/audit`);
  await expect(page.getByText('Invoice 17 is open').first()).toBeAttached();
  await office.goto(`/operator?search=${home.id}`);
  await row.getByRole('link', { name: 'Resume…' }).click();
  await office.getByRole('button', { name: 'Resume it' }).click();
  await expect(office.getByText('Organization resumed.')).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('429 organization_spend_limit_exceeded');
});

test('a person is signed out, and strangers can’t sign up', async ({ page, house, home, visit }) => {
  const office = await visit(await account(house, 'Oda Operator', ['--operator']));
  await office.goto(`/operator/users?search=${encodeURIComponent(home.owner.email)}`);
  await office.getByRole('button', { name: 'Sign out', exact: true }).last().click();
  await expect(office.getByText('Signed out.')).toBeVisible();
  await page.goto('/account');
  await expect(page).toHaveURL(/\/sign-in/);

  const allow = async (policy: string) => {
    await office.goto('/operator/installation');
    await office.getByLabel('Who may make an account').selectOption(policy);
    await office.getByRole('button', { name: 'Save sign-up' }).click();
    await expect(office.getByText('Saved.')).toBeVisible();
  };
  const form = page.getByRole('button', { name: 'Create account' });
  await allow('invited');
  await page.goto('/sign-up');
  await expect(form).toHaveCount(0);
  await allow('open');
  await page.goto('/sign-up');
  await expect(form).toBeVisible();
});

test('the outbox tells what a mail server answered, and no more', async ({ page, house, home, visit }) => {
  // The test's mail server refuses such addresses.
  const address = `p550+${home.id.slice(-8)}@example.com`;
  await post(page.request, `/${home.id}/team`, { addresses: address, role: 'reader' });
  const office = await visit(await account(house, 'Oda Operator', ['--operator']));
  const row = office.getByRole('row').filter({ hasText: address });
  await expect(async () => {
    await office.goto('/operator/outbox?state=failed');
    expect(await row.count()).toBe(1);
  }).toPass({ timeout: 30_000 });
  await expect(row).toContainText('550');
  await expect(row).toContainText('1 try');
  expect(await office.content()).not.toContain('/invitations/');
  await row.getByRole('button', { name: 'Send again' }).click();
  await expect(office.getByText('It is sent again.')).toBeVisible();
  expect((await page.goto('/operator/outbox'))?.status()).toBe(404);
});
