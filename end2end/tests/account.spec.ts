import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { refused, send } from '../support/forms';
import { fillSignIn, signIn, signOut } from '../support/people';

/** The code that an app shows now, or in a number of half minutes. */
function code(secret: string, later = 0): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac('sha1', key).update(step).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const title = (page: Page) => page.getByRole('heading', { level: 1 });

test('second factor', async ({ page, house, home }) => {
  await page.goto('/account');
  await page.getByRole('link', { name: 'Set it up' }).click();
  await page.getByRole('button', { name: 'Set it up' }).click();
  await expect(page.getByRole('img', { name: /For cameras/ })).toBeVisible();
  const secret = (await page.locator('.secret code').innerText()).replaceAll(' ', '');
  await refused(page, 'Switch it on', [
    {
      field: 'Code',
      value: 'abc',
      says: 'This code is not right, or was used already: please wait for the next one.',
      secret: true,
    },
  ]);
  await send(page, 'Switch it on', [{ field: 'Code', value: code(secret) }]);
  await expect(title(page)).toHaveText('Keep these recovery codes');
  const recovery = (await page.locator('pre code').innerText()).trim().split('\n');
  expect(recovery).toHaveLength(10);
  await expect.poll(() => house.sink.to(home.owner.email).map((mail) => mail.subject)).toContain(
    'Signing in now asks for a code',
  );

  await page.goto('/account');
  await signOut(page, home.owner);
  await page.goto('/sign-in?next=/account');
  await fillSignIn(page, home.owner);
  await expect(title(page)).toHaveText('Enter your code');
  // The one that set it up is used up; the next one is taken.
  await send(page, 'Sign in', [{ field: 'Code', value: code(secret, 1) }]);
  await expect(page).toHaveURL('/account');

  await signOut(page, home.owner);
  await fillSignIn(page, home.owner);
  await send(page, 'Sign in', [{ field: 'Code', value: recovery[4] }]);
  await expect(page).toHaveURL(`/${home.id}`);
  await page.goto('/account/second-factor');
  await expect(page.getByText('9 recovery codes are left.')).toBeVisible();
  await page.getByRole('button', { name: 'Switch it off' }).click();
  await expect(page.getByText('The second factor is off.')).toBeVisible();
});

test('another address', async ({ page, house, home }) => {
  const moved = `moved.${home.owner.email}`;
  await page.goto('/account');
  await page.getByRole('link', { name: 'Change e-mail' }).click();
  await send(page, 'Change e-mail', [{ field: 'New e-mail', value: moved }]);
  await expect(page.getByText('A mail is on its way.')).toBeVisible();
  await page.goto(await house.sink.link(moved, /\/email\//));
  await page.getByRole('button', { name: 'Use this address' }).click();
  await expect(page.getByText('E-mail address changed.')).toBeVisible();
  await expect.poll(() => house.sink.to(home.owner.email).map((mail) => mail.subject)).toContain(
    'Your account has another address',
  );
  await signOut(page, home.owner);
  await fillSignIn(page, { ...home.owner, email: moved });
  await expect(page).toHaveURL(`/${home.id}`);
});

test('one device is signed out from another', async ({ page, browser, house, home }) => {
  const context = await browser.newContext({ baseURL: house.url, userAgent: 'Firefox/145.0 (Android 16)' });
  const phone = await context.newPage();
  await signIn(phone, home.owner);
  await page.goto('/account');
  const row = page.getByRole('row', { name: /Firefox on Android/ });
  await row.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('That device is signed out now.')).toBeVisible();
  await phone.goto('/account');
  await expect(phone).toHaveURL(/\/sign-in\?next=/);
  await context.close();
});

test('an account is not deleted while it alone owns an organization', async ({ page, home }) => {
  await page.goto('/account/delete');
  await send(page, 'Delete my account', [{ field: 'The address of your account', value: home.owner.email }]);
  await expect(page.getByRole('alert')).toContainText('Your account was not deleted.');
  await expect(page.getByRole('main').getByRole('link', { name: home.name })).toBeVisible();
});
