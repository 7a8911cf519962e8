// Every form says for each field what is wrong and keeps what was typed, with scripts and without.

import { expect, test } from '../support/fixtures';
import { CONTROL, EMPTY, type Entry, NO_ADDRESS, refused, send, TOO_LONG } from '../support/forms';
import { account, fillSignIn, signOut, somebody } from '../support/people';

const LONG = 'x'.repeat(101);
const BELL = 'Ring\u0007';

/** Each way in which a name can be wrong. */
const names: [string, string][] = [
  [' ', EMPTY],
  [LONG, TOO_LONG],
  [BELL, CONTROL],
];

test('sign up', async ({ page, house }) => {
  const SHORT = 'A password needs at least 8 characters.';
  await page.goto('/sign-up');
  await refused(page, 'Create account', [
    { field: 'Your name', value: '', says: EMPTY },
    { field: 'E-mail', value: '', says: EMPTY },
    { field: 'Password', value: '', says: SHORT, secret: true },
  ]);
  await refused(page, 'Create account', [
    { field: 'Your name', value: LONG, says: TOO_LONG },
    { field: 'E-mail', value: 'ines.example.com', says: NO_ADDRESS },
    { field: 'Password', value: 'seven77', says: SHORT, secret: true },
  ]);
  await refused(page, 'Create account', [
    { field: 'Your name', value: BELL, says: CONTROL },
    { field: 'E-mail', value: 'ines@example.com' },
    {
      field: 'Password',
      value: 'Password1',
      says: 'This password is easy to guess. This is a very common password. Add another word or two. Uncommon words are better.',
      secret: true,
    },
  ]);
  // A taken address is told to nobody but its owner.
  const taken = await account(house, 'Tara Taken');
  await send(page, 'Create account', [
    { field: 'Your name', value: 'Tara <b>"Two"</b>' },
    { field: 'E-mail', value: taken.email },
    { field: 'Password', value: 'four odd walnuts' },
  ]);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
  expect(await house.sink.link(taken.email, /sign-in$/)).toBe(`${house.url}/sign-in`);
});

test('sign in', async ({ page }) => {
  await page.goto('/sign-in');
  await refused(page, 'Sign in', [
    { field: 'E-mail', value: 'nobody', says: NO_ADDRESS },
    { field: 'Password', value: 'x', secret: true },
  ]);
  await refused(page, 'Sign in', [
    { field: 'E-mail', value: somebody('Nobody').email },
    {
      field: 'Password',
      value: 'not the password',
      says: 'The e-mail address or the password is not right.',
      secret: true,
    },
  ]);
});

test('an address can’t bring a line of its own', async ({ page }) => {
  for (const email of ['a@example.com\r\nBcc: b@example.com', 'a@example.com\nX: y', 'a\r@example.com']) {
    const form = { name: 'Ada', email, password: 'four odd walnuts' };
    const answer = await page.request.post('/sign-up', { form, maxRedirects: 0 });
    expect(answer.status()).toBe(422);
    expect(await answer.text()).toContain(CONTROL);
    expect(answer.headers()['set-cookie']).toBeUndefined();
  }
});

test('new organization', async ({ page, home }) => {
  await page.goto('/organizations/new');
  for (const [value, says] of names) {
    await refused(page, 'Make organization', [{ field: 'Name', value, says }]);
  }
  const form = { name: 'Olympus', zone: 'Mars/Olympus' };
  const answer = await page.request.post('/organizations/new', { form, maxRedirects: 0 });
  expect(answer.status()).toBe(422);
  expect(await answer.text()).toContain('Choose a time zone from the list.');
  await page.goto('/');
  await expect(page).toHaveURL(`/${home.id}`);
});

test('projects', async ({ page, home }) => {
  await page.goto(`/${home.id}/projects`);
  const environment = { field: 'Environment', value: 'staging' };
  for (const [value, says] of names) {
    await refused(page, 'Make project', [{ field: 'Name', value, says }, environment]);
  }
  const TAKEN = 'A project of this name exists already.';
  await send(page, 'Make project', [{ field: 'Name', value: 'Search' }, environment]);
  await expect(page.getByText('Project made.')).toBeVisible();
  const rename = (value: string, says: string) => refused(page, 'Rename project', [{ field: 'Name', value, says }]);
  for (const [value, says] of names) await rename(value, says);

  await page.goto(`/${home.id}/projects`);
  await refused(page, 'Make project', [{ field: 'Name', value: ' search ', says: TAKEN }, environment]);
  await send(page, 'Make project', [{ field: 'Name', value: 'Research' }]);
  await rename('Search', TAKEN);

  const moon = { name: 'Moon', environment: 'moon' };
  const answer = await page.request.post(`/${home.id}/projects`, { form: moon, maxRedirects: 0 });
  expect(answer.status()).toBe(422);
});

test('the default project stays', async ({ page, home }) => {
  await page.goto(`/${home.id}/projects`);
  const row = page.getByRole('row').filter({ hasText: 'Default' });
  await row.getByRole('link').first().click();
  await expect(page.getByText('It can’t be archived; it can be renamed.')).toBeVisible();
  const answer = await page.request.post(`${page.url()}/archive`, { form: {}, maxRedirects: 0 });
  expect(answer.status()).toBe(422);
  expect(await answer.text()).toContain('The default project can’t be archived.');
});

test('new key', async ({ page, home }) => {
  await page.goto(`/${home.id}/keys/new`);
  for (const [value, says] of names) {
    await refused(page, 'Make key', [{ field: 'Name', value, says }]);
  }
  const form = { name: 'Web', project: `proj_${'0'.repeat(32)}` };
  const answer = await page.request.post(`/${home.id}/keys/new`, { form, maxRedirects: 0 });
  expect(answer.status()).toBe(422);
  const text = await answer.text();
  expect(text).toContain('Choose a project from the list.');
  expect(text).toContain('value="Web"');
});

test('billing profile', async ({ page, home }) => {
  await page.goto(`/${home.id}/billing`);
  await refused(page, 'Save billing profile', [
    { field: 'Legal name', value: '', says: EMPTY },
    { field: 'Billing e-mail', value: 'bills', says: NO_ADDRESS },
    { field: 'Address', value: ' ', says: EMPTY },
    { field: 'Country', value: '', says: 'Choose a country from the list.' },
    { field: 'Tax ID (optional)', value: 'x'.repeat(61), says: 'This is too long: at most 60 characters.' },
    { field: 'Cost centre (optional)', value: BELL, says: CONTROL },
  ]);
  await refused(page, 'Save billing profile', [
    { field: 'Legal name', value: 'A & B <AS>' },
    { field: 'Billing e-mail', value: 'bills@example.com' },
    { field: 'Address', value: '</textarea>\n'.repeat(50), says: 'This is too long: at most 500 characters.' },
    { field: 'Country', value: 'NO' },
    { field: 'Tax ID (optional)', value: '' },
    { field: 'Cost centre (optional)', value: 'IT-4711' },
  ]);
});

test('settings', async ({ page, home }) => {
  await page.goto(`/${home.id}/settings`);
  for (const [value, says] of names) {
    await refused(page, 'Save settings', [{ field: 'Name', value, says }, { field: 'Time zone', value: 'Asia/Tokyo' }]);
  }
  await page.goto(`/${home.id}/settings`);
  await expect(page.getByLabel('Time zone')).toHaveValue('UTC');
});

test('budgets and thresholds', async ({ page, home }) => {
  const NUMBER = 'Write an amount in dollars, like 250 or 99.50.';
  const amounts: [string, string][] = [
    ['', NUMBER],
    ['1e999', NUMBER],
    ['-5', 'An amount can’t be negative.'],
    ['0.0000000000001', 'An amount has at most twelve digits after the point.'],
    ['1000000000000000', 'An amount is at most 999,999,999,999,999 dollars.'],
  ];
  await page.goto(`/${home.id}/budgets`);
  for (const [value, says] of amounts) {
    await refused(page, 'Set budget', [{ field: 'Amount a month, for the whole organization', value, says }]);
  }
  const notify = (value: string, unit: string, says: string): Entry[] => [
    { field: 'Notify at', value, says },
    { field: 'Of what', value: unit },
  ];
  const PERCENT = 'Write a whole percentage from 1 to 100.';
  for (const value of ['101', '50.5']) {
    await refused(page, 'Add threshold', notify(value, 'percent', PERCENT));
  }
  await refused(page, 'Add threshold', notify('-5', 'usd', 'An amount can’t be negative.'));
  await expect(page.getByText('No threshold is set')).toBeVisible();
  await send(page, 'Add threshold', notify('10', 'usd', ''));
  await refused(page, 'Add threshold', notify('10.00', 'usd', 'There is such a threshold already.'));
});

test('password', async ({ page, home }) => {
  await page.goto('/account');
  const entries = (current: string, new_: string, says: [string?, string?]): Entry[] => [
    { field: 'Current password', value: current, says: says[0], secret: true },
    { field: 'New password', value: new_, says: says[1], secret: true },
  ];
  await refused(page, 'Change password', entries('x', 'short', [undefined, 'A password needs at least 8 characters.']));
  const long = 'y'.repeat(1001);
  await refused(page, 'Change password', entries('x', long, [undefined, 'A password has at most 1000 characters.']));
  await refused(
    page,
    'Change password',
    entries(home.owner.password, home.owner.email, [undefined, 'The e-mail address can’t be the password.']),
  );
  await send(page, 'Change password', entries('wrong', 'six even almonds', []));
  await expect(page.getByRole('alert')).toBeVisible();
  await send(page, 'Change password', entries(home.owner.password, 'six even almonds', []));
  await expect(page.getByText('Password changed.')).toBeVisible();
  await signOut(page, home.owner);
  await fillSignIn(page, { ...home.owner, password: 'six even almonds' });
  await expect(page).toHaveURL(`/${home.id}`);
});

test('a reset link sets a new password, once', async ({ page, house }) => {
  const person = await account(house, 'Rae Reset');
  const { url } = await house.json<{ url: string }>(['admin', 'user', 'reset-link', '--email', person.email]);
  await page.goto(url);
  await refused(page, 'Change password', [
    { field: 'New password', value: 'short', says: 'A password needs at least 8 characters.', secret: true },
  ]);
  await send(page, 'Change password', [{ field: 'New password', value: 'ten round hazels' }]);
  await expect(page.getByText('Password changed.')).toBeVisible();
  await fillSignIn(page, { ...person, password: 'ten round hazels' });
  await expect(page).toHaveURL('/organizations/new');
  await page.goto(url);
  await send(page, 'Change password', [{ field: 'New password', value: 'nine flat pecans' }]);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link is not valid');
});

test('a forgotten password is replaced by mail', async ({ page, house }) => {
  const person = await account(house, 'Fay Forgot');
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Choose a new one' }).click();
  await refused(page, 'Send the link', [{ field: 'E-mail', value: 'fay', says: NO_ADDRESS }]);
  await send(page, 'Send the link', [{ field: 'E-mail', value: person.email }]);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
  await page.goto(await house.sink.link(person.email, /reset/));
  await send(page, 'Change password', [{ field: 'New password', value: 'ten round hazels' }]);
  await fillSignIn(page, { ...person, password: 'ten round hazels' });
  await expect(page).toHaveURL('/organizations/new');
});

test('going back after a form sends nothing again', async ({ page, home }) => {
  await page.goto(`/${home.id}/projects`);
  await send(page, 'Make project', [{ field: 'Name', value: 'Once' }]);
  await expect(page.getByText('Project made.')).toBeVisible();
  await page.reload();
  await page.goBack();
  await expect(page).toHaveURL(`/${home.id}/projects`);
  await page.reload();
  await expect(page.getByRole('rowheader', { name: 'Once' })).toHaveCount(1);
  await page.goForward();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Once');
  await page.goto(`/${home.id}/projects`);
  await expect(page.getByRole('rowheader')).toHaveCount(2);
});

test('what is no form is told so', async ({ page, home }) => {
  const path = `/${home.id}/projects`;
  const posts = [
    { data: { name: 'x', environment: 'staging' } },
    { multipart: { name: 'x', environment: 'staging' } },
    { data: 'name=a&name=b&environment=staging', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { form: { name: 'x'.repeat(100_000), environment: 'staging' } },
  ];
  for (const post of posts) {
    const answer = await page.request.post(path, { ...post, maxRedirects: 0 });
    expect.soft([400, 413, 422]).toContain(answer.status());
  }
  await page.goto(path);
  await expect(page.getByRole('rowheader')).toHaveCount(1);
});

test('what was done is told once, and can be undone', async ({ page, house, home, javaScriptEnabled }) => {
  await house.json(['admin', 'budget', 'set', '--scope', home.id, '--window', 'month', '--usd', '7.50']);
  await page.goto(`/${home.id}/budgets`);
  await page.getByRole('button', { name: 'Remove budget' }).click();
  const toast = page.getByRole('status').filter({ hasText: 'Budget removed.' });
  await expect(toast).toBeVisible();
  await toast.getByRole('button', { name: 'Set $7.50 again' }).click();
  await expect(page.getByRole('status')).toContainText('Budget saved.');
  await expect(page.getByLabel('Amount a month')).toHaveValue('7.50');
  if (javaScriptEnabled === false) {
    // A way out that needs nothing else.
    await page.getByRole('link', { name: 'Close this message' }).click();
  } else {
    await page.reload();
  }
  await expect(page).toHaveURL(`/${home.id}/budgets`);
  await expect(page.locator('.toast')).toHaveCount(0);
});
