// What guards an account: second factor, address, devices, its end. With scripts and without.

import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { NO_ADDRESS, refused } from '../support/forms';
import { account, fillSignIn, signIn, signOut, somebody } from '../support/people';
import { code } from '../support/totp';

const WRONG = 'This code is not right, or was used already: please wait for the next one.';

/** The second step of signing in. */
async function enter(page: Page, typed: string): Promise<void> {
  await page.getByLabel('Code', { exact: true }).fill(typed);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a second factor is asked for, each code once', async ({ page, house }) => {
  const person = await account(house, 'Tova Two');
  const anew = async () => {
    await signOut(page, person);
    await fillSignIn(page, person);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enter your code');
  };
  let [secret, recovery, used]: [string, string[], string] = ['', [], ''];

  await test.step('set up with an app, and the recovery codes are shown', async () => {
    await signIn(page, person);
    await page.goto('/organizations/new');
    await page.getByLabel('Name', { exact: true }).fill('Two & Sons');
    await page.getByRole('button', { name: 'Make organization' }).click();
    await page.goto('/account');
    await page.getByRole('link', { name: 'Set it up' }).click();
    await page.getByRole('button', { name: 'Set it up' }).click();
    secret = (await page.locator('.secret code').textContent()) ?? '';
    await refused(page, 'Switch it on', [{ field: 'Code', value: '12 34', says: WRONG, secret: true }]);
    await expect(page.locator('.secret code')).toHaveText(secret);
    await page.getByLabel('Code', { exact: true }).fill(code(secret));
    await page.getByRole('button', { name: 'Switch it on' }).click();
    recovery = ((await page.locator('.snip code').textContent()) ?? '').trim().split('\n');
    expect(new Set(recovery).size).toBe(10);
    const subjects = () => house.sink.to(person.email).map(({ subject }) => subject);
    await expect.poll(subjects).toContain('Signing in now asks for a code');
    await page.getByLabel('I have stored the codes').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(page).toHaveURL(/\/account/);
    expect(await page.content()).not.toContain(recovery[0]);
  });

  await test.step('the password alone is not enough', async () => {
    await anew();
    await page.goto('/account');
    await expect(page).toHaveURL(/\/sign-in/);
    await fillSignIn(page, person);
    used = code(secret, 1);
    await enter(page, used);
    await expect(page).toHaveURL(/\/account|\/org-/);
  });

  await test.step('a code that was used is refused, a recovery code is taken once', async () => {
    await page.goto('/account');
    await anew();
    await enter(page, used);
    await expect(page.getByRole('alert')).toContainText(WRONG);
    await enter(page, recovery[0].toUpperCase());
    await expect(page).toHaveURL(/\/org-/);
    await anew();
    await enter(page, recovery[0]);
    await expect(page.getByRole('alert')).toContainText(WRONG);
    await enter(page, recovery[1]);
    await expect(page).toHaveURL(/\/org-/);
  });

  await test.step('switched off, the password is enough again', async () => {
    await page.goto('/account/second-factor');
    await expect(page.getByText('8 recovery codes are left.')).toBeVisible();
    await page.getByRole('button', { name: 'Switch it off' }).click();
    await expect(page.getByText('The second factor is off.')).toBeVisible();
    await signOut(page, person);
    await fillSignIn(page, person);
    await expect(page).toHaveURL(/\/org-/);
  });
});

test('an address is changed by mail, and the old one is told', async ({ page, house, home, visit }) => {
  const { owner } = home;
  const [other, fresh] = [await visit(owner), somebody('Moved Owner').email];
  const taken = await account(house, 'Tom Taken');
  const ask = async (email: string) => {
    await page.goto('/account');
    await page.getByRole('link', { name: 'Change e-mail' }).click();
    await page.getByLabel('New e-mail').fill(email);
    await page.getByRole('button', { name: 'Change e-mail' }).click();
    await expect(page.getByText('A mail is on its way.')).toBeVisible();
  };
  await page.goto('/account/email');
  await refused(page, 'Change e-mail', [{ field: 'New e-mail', value: 'moved', says: NO_ADDRESS }]);
  // Whether an address has an account is told to nobody but its owner.
  await ask(taken.email);
  await ask(fresh);
  const link = await house.sink.link(fresh, /\/email\//);
  await expect(page.locator('main').getByText(owner.email)).toBeVisible();

  await page.goto(link);
  await page.getByRole('button', { name: 'Use this address' }).click();
  await expect(page.getByText('E-mail address changed.')).toBeVisible();
  await expect.poll(() => house.sink.to(owner.email).map(({ subject }) => subject)).toContain(
    'Your account has another address',
  );
  await page.goto(link);
  await page.getByRole('button', { name: 'Use this address' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link is not valid');

  await other.goto('/account');
  await expect(other).toHaveURL(/\/sign-in/);
  await fillSignIn(other, owner);
  await expect(other.getByRole('alert')).toBeVisible();
  await fillSignIn(other, { ...owner, email: fresh });
  await expect(other).toHaveURL(/\/account/);
});

test('a device is signed out from another', async ({ page, home, visit }) => {
  const [lost, kept] = [await visit(home.owner), await visit(home.owner)];
  await lost.goto(`/${home.id}`);
  await page.goto('/account');
  const rows = page.getByRole('region', { name: 'Devices' }).getByRole('row');
  const others = rows.filter({ has: page.getByRole('button', { name: 'Sign out' }) });
  await expect(others).toHaveCount(2);
  await expect(rows.filter({ hasText: 'This one' })).toHaveCount(1);
  await expect(others.first()).toContainText('Chrome');

  // Devices are listed from the one that was used last.
  await others.first().getByRole('button', { name: 'Sign out' }).click();
  await expect(others).toHaveCount(1);
  const gone = async () => {
    const pages = [lost, kept];
    const urls = await Promise.all(pages.map(async (one) => (await one.request.get('/account')).url()));
    return pages.filter((_, place) => urls[place].includes('/sign-in'));
  };
  const [first] = await gone();
  expect(await gone()).toEqual([first]);
  await page.getByRole('button', { name: 'Sign out all others' }).click();
  await expect(others).toHaveCount(0);
  expect(await gone()).toHaveLength(2);
  await lost.getByRole('link', { name: 'Usage', exact: true }).click();
  await expect(lost).toHaveURL(/\/sign-in\?next=/);
  await page.reload();
  await expect(page).toHaveURL(/\/account/);
});

test('what is dangerous asks for the password again after ten minutes', async ({ page, house, home }) => {
  const dangerous = `/${home.id}/admin-keys/new`;
  await page.goto(dangerous);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('New admin key');
  await page.getByLabel('Name', { exact: true }).fill('Left open');
  await house.age(home.owner.email);
  await page.getByRole('button', { name: 'Make admin key' }).click();
  await expect(page).toHaveURL(/\/confirm\?next=/);
  await page.getByLabel('Password').fill('somebody else at the desk');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('alert')).toContainText('This is not your current password.');
  await page.getByLabel('Password').fill(home.owner.password);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page).toHaveURL(dangerous);
  await page.goto(`/${home.id}/admin-keys`);
  await expect(page.getByText('Left open')).toHaveCount(0);
  // What is not dangerous never asked.
  await house.age(home.owner.email);
  await page.goto(`/${home.id}/keys/new`);
  await expect(page).toHaveURL(`/${home.id}/keys/new`);
});

test('an account ends when nothing hangs on it', async ({ page, house, home, visit }) => {
  await page.goto('/account');
  await page.getByRole('link', { name: /delete/i }).click();
  await refused(page, 'Delete my account', [
    {
      field: 'The address of your account',
      value: 'somebody@example.com',
      says: 'Write the address of your account, to show that you mean it.',
    },
  ]);
  await page.getByLabel('The address of your account').fill(home.owner.email);
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await expect(page.getByText('You are the only owner of these organizations.')).toBeVisible();
  await page.goto(`/${home.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();

  const lone = await account(house, 'Lou Lone');
  const theirs = await visit(lone);
  await theirs.goto('/account/delete');
  await theirs.getByLabel('The address of your account').fill(lone.email);
  await theirs.getByRole('button', { name: 'Delete my account' }).click();
  await expect(theirs).toHaveURL(/\/sign-in/);
  await fillSignIn(theirs, lone);
  await expect(theirs.getByRole('alert')).toBeVisible();
});
