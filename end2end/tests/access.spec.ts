// Who may not, and that they learn nothing by trying.

import type { APIResponse, Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { inhabit, live, pages, rooms } from '../support/pages';
import { account, fillSignIn, organization, signIn, signOut } from '../support/people';

const COOKIE = 'exchequer';

/** Another id of the same kind, which nothing has. */
const strange = (id: string) => id.slice(0, -8) + (id.endsWith('00000000') ? '11111111' : '00000000');

const session = async (page: Page) =>
  (await page.context().cookies()).find((cookie) => cookie.name === COOKIE);

async function same(mine: APIResponse, nobodys: APIResponse, what: string): Promise<void> {
  expect.soft(mine.status(), what).toBe(404);
  expect.soft(nobodys.status(), what).toBe(404);
  // A page's scripts bear a number that is used once.
  const text = async (answer: APIResponse) => (await answer.text()).replace(/ nonce="[^"]*"/g, '');
  expect.soft(await text(mine), what).toBe(await text(nobodys));
}

test('somebody else’s organization is as if it were not there', async ({ browser, house, home }) => {
  const lived = await live(house, home);
  const stranger = await account(house, 'Eve Stranger');
  await organization(house, stranger, 'Elsewhere');
  const context = await browser.newContext({ baseURL: house.url });
  const page = await context.newPage();
  await signIn(page, stranger);

  const other = strange(home.id);
  const paths = (org: string, project: string, key: string) => [
    ...rooms.map((room) => (room === 'overview' ? `/${org}` : `/${org}/${room}`)),
    `/${org}/usage?by=key&cycle=2026-01`,
    `/${org}/projects/${project}`,
    ...['members', 'models', 'archive'].map((part) => `/${org}/projects/${project}/${part}`),
    `/${org}/keys/${key}/revoke`,
    org === home.id ? lived.receipt : `/receipts/rcpt_${'0'.repeat(32)}`,
    org === home.id ? lived.request : `/requests/req_${'0'.repeat(32)}`,
  ];
  const nobodys = paths(other, strange(lived.project), strange(lived.key));
  for (const [place, path] of paths(home.id, lived.project, lived.key).entries()) {
    const [mine, theirs] = [await page.request.get(path), await page.request.get(nobodys[place])];
    await same(mine, theirs, `GET ${path}`);
  }

  const forms: [string, Record<string, string>][] = [
    ['budgets', { action: 'set-budget', amount: '1' }],
    ['budgets', { action: 'add-threshold', level: '50', unit: 'percent' }],
    ['projects', { name: 'Mine', environment: 'production' }],
    [`projects/${lived.project}`, { action: 'rename', name: 'Mine' }],
    [`projects/${lived.project}/archive`, { name: 'Support assistant' }],
    [`projects/${lived.project}/members`, { action: 'add', role: 'owner' }],
    [`projects/${lived.project}/models`, { which: 'all' }],
    ['keys/new', { name: 'Mine', project: lived.project }],
    [`keys/${lived.key}/revoke`, {}],
    ['settings', { name: 'Mine', zone: 'UTC' }],
    ['billing', { legal_name: 'Mine', email: 'a@example.com', address: 'x', country: 'NO' }],
  ];
  for (const [path, form] of forms) {
    const mine = await page.request.post(`/${home.id}/${path}`, { form, maxRedirects: 0 });
    const theirs = await page.request.post(`/${other}/${path}`, { form, maxRedirects: 0 });
    await same(mine, theirs, `POST ${path}`);
  }
  await context.close();
});

test('things of one organization can’t be reached through another', async ({ page, house, home }) => {
  const lived = await live(house, home);
  const second = await organization(house, home.owner, 'Second');
  for (const path of [`projects/${lived.project}`, `keys/${lived.key}/revoke`]) {
    expect.soft((await page.request.get(`/${second}/${path}`)).status(), path).toBe(404);
    const posted = await page.request.post(`/${second}/${path}`, { form: { action: 'archive' }, maxRedirects: 0 });
    expect.soft(posted.status(), path).toBe(404);
  }
  const key = { name: 'Mine', project: lived.project };
  expect((await page.request.post(`/${second}/keys/new`, { form: key })).status()).toBe(422);
});

test('another site’s page can’t act for a person', async ({ page, house, home }) => {
  const post = (headers: Record<string, string>) =>
    page.request.post(`/${home.id}/settings`, {
      form: { name: 'Taken over', zone: 'UTC' },
      headers,
      maxRedirects: 0,
    });
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: house.url.replace('http:', 'https:').replace(/\d$/, '') },
  ];
  for (const headers of foreign) {
    expect.soft((await post(headers)).status(), JSON.stringify(headers)).toBe(403);
  }
  await page.goto(`/${home.id}/settings`);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(home.name);
  expect((await post({ 'sec-fetch-site': 'same-origin', origin: house.url })).status()).toBe(303);
  const signOut = { headers: { 'sec-fetch-site': 'cross-site' }, maxRedirects: 0 };
  expect((await page.request.post('/sign-out', signOut)).status()).toBe(403);
  // A link from elsewhere leads in.
  const visit = await page.request.get(`/${home.id}`, { headers: { 'sec-fetch-site': 'cross-site' } });
  expect(visit.status()).toBe(200);
});

test('the session’s cookie', async ({ page, house }) => {
  const person = await account(house, 'Cora Cookie');
  await page.goto('/sign-in');
  expect(await session(page), 'who only looks gets none').toBeUndefined();

  // One that was planted before is worthless afterwards.
  const planted = 'AAAAAAAAAAAAAAAAAAAAAA';
  await page.context().addCookies([{ name: COOKIE, value: planted, url: house.url }]);
  await fillSignIn(page, person);
  await expect(page).not.toHaveURL(/sign-in/);
  const first = await session(page);
  expect(first).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', secure: false });
  expect(first?.value).not.toBe(planted);
  expect(first?.domain, 'of this host alone').toBe('127.0.0.1');

  // Signing in once more while signed in makes a new one, too, and the old one is over.
  const form = { email: person.email, password: person.password };
  const again = await page.request.post('/sign-in', { form, maxRedirects: 0 });
  expect(again.status()).toBe(303);
  const second = await session(page);
  expect(second?.value).not.toBe(first?.value);
  const with_ = (value = '') => ({ headers: { cookie: `${COOKIE}=${value}` }, maxRedirects: 0 });
  expect((await fetch(`${house.url}/account`, { ...with_(first?.value), redirect: 'manual' })).status).toBe(303);
  expect((await fetch(`${house.url}/account`, { ...with_(second?.value), redirect: 'manual' })).status).toBe(200);

  await page.goto('/account');
  await page.request.post('/sign-out');
  expect((await fetch(`${house.url}/account`, { ...with_(second?.value), redirect: 'manual' })).status).toBe(303);
});

test('signing out everywhere ends the other device', async ({ page, browser, house, home }) => {
  const context = await browser.newContext({ baseURL: house.url });
  const phone = await context.newPage();
  await signIn(phone, home.owner);
  await page.goto('/account');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await phone.goto('/account');
  await expect(phone).toHaveURL(/\/sign-in\?next=/);
  await context.close();
});

test('who is signed out is led to sign in, and back', async ({ page, home }) => {
  await page.goto(`/${home.id}/keys?state=revoked`);
  await page.goto('/account');
  await signOut(page, home.owner);
  await page.goto(`/${home.id}/keys?state=revoked`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await fillSignIn(page, home.owner);
  await expect(page).toHaveURL(`/${home.id}/keys?state=revoked`);
});

test('signing in leads to no other site', async ({ page, house }) => {
  const person = await account(house, 'Rita Redirect');
  for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)']) {
    await page.context().clearCookies();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await fillSignIn(page, person);
    await expect(page).not.toHaveURL(/sign-in/);
    expect.soft(new URL(page.url()).origin, next).toBe(house.url);
    // Signed in already, the same link must not lead away either.
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    expect.soft(new URL(page.url()).origin, next).toBe(house.url);
  }
});

test('failures to sign in don’t tell whether there is an account', async ({ page, house }) => {
  const person = await account(house, 'Quinn Known');
  const sentences = [];
  for (const email of [person.email, 'nobody.at.all@example.com']) {
    await page.goto('/sign-in');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByLabel('E-mail')).toHaveValue(email);
    await expect(page.getByLabel('Password')).toHaveValue('');
    sentences.push(await page.getByRole('alert').innerText());
  }
  expect(sentences[0]).toBe(sentences[1]);
});

test('no link leads nowhere', async ({ page, house }) => {
  const operator = await account(house, 'Lin Link', ['--operator']);
  const id = await organization(house, operator, 'Linked');
  const lived = await live(house, { id });
  await signIn(page, operator);
  const more = await inhabit(house, id, page.request);
  const seen = new Map<string, string>();
  for (const { path } of pages(id, [...lived.pages, ...more])) {
    const html = await (await page.request.get(path)).text();
    for (const [, href] of html.matchAll(/ href="(\/[^"#]*)/g)) {
      const link = href.replaceAll('&amp;', '&');
      if (!seen.has(link)) seen.set(link, path);
    }
  }
  expect(seen.size).toBeGreaterThan(20);
  for (const [link, from] of seen) {
    expect.soft((await page.request.get(link)).status(), `${link} on ${from}`).toBe(200);
  }
});
