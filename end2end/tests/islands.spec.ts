// What a person's hand gets an answer from at once, and what the browser may not do.

import { expect, test } from '../support/fixtures';
import { shownKey } from '../support/keys';
import { live } from '../support/pages';
import { dime } from '../support/gateway';
import { signIn } from '../support/people';

test('a click copies a new key', async ({ page, context, home }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`/${home.id}/keys/new`);
  await page.getByLabel('Name', { exact: true }).fill('Nightly import');
  await page.getByRole('button', { name: 'Make key' }).click();
  const secret = page.locator('.secret');
  await secret.getByRole('button', { name: 'Copy' }).click();
  await expect(secret.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await secret.locator('code').textContent());
});

test('the chart answers the pointer and the arrow keys', async ({ page, house, home }) => {
  await live(house, home);
  await page.goto(`/${home.id}/usage`);
  const plot = page.locator('.peek');
  const tip = plot.locator('.peek-tip');
  await expect(tip).toHaveText('');
  const bars = plot.locator('svg[role] > :is(a, g)');
  const titles = await bars.locator('title').allTextContents();
  const today = titles.findIndex((title) => title.endsWith('$0.40'));

  // Until the island is alive it hears of no pointer.
  await expect(async () => {
    await page.mouse.move(1, 1);
    await bars.nth(today).hover({ force: true });
    await expect(tip).toContainText('$0.40', { timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect(tip).toContainText('Support assistant');
  await expect(tip).toContainText(titles[today].split(':')[0]);
  await page.mouse.move(1, 1);
  await expect(tip).toHaveText('');

  // Once on a bar the focus stays among them.
  await plot.focus();
  await page.keyboard.press('Home');
  await expect(tip).toContainText(titles[0].split(':')[0]);
  await page.keyboard.press('ArrowRight');
  await expect(tip).toContainText(titles[1].split(':')[0]);
  await page.keyboard.press('ArrowLeft');
  await expect(tip).toContainText(titles[0].split(':')[0]);
  await page.keyboard.press('End');
  await expect(tip).toContainText(titles[titles.length - 1].split(':')[0]);
});

test('a page that waits for the first request tells when it is there', async ({ page, house, home }) => {
  await page.goto(`/${home.id}/keys/new`);
  await page.getByLabel('Name', { exact: true }).fill('Chat widget');
  await page.getByRole('button', { name: 'Make key' }).click();
  const waiting = page.locator('.waiting');
  await expect(waiting).toContainText('Waiting for the first request…');
  const answer = await dime(house, await shownKey(page));
  await expect(waiting).toContainText(/The first request arrived. sandbox-dime with Chat widget: \$0\.100000/);
  const budget = waiting.getByRole('link', { name: 'Set a budget that blocks' });
  await expect(budget).toHaveAttribute('href', new RegExp(`^/${home.id}/budgets\\?scope=proj_`));
  // The key is shown this once: what leads on opens beside it.
  const opened = page.waitForEvent('popup');
  await waiting.getByRole('link', { name: 'See it' }).click();
  await expect(await opened).toHaveURL(`/requests/${answer.headers.get('x-request-id')}`);
  await expect(page.locator('.secret')).toBeVisible();
});

test('a page that waits tells of a refusal, too', async ({ page, house, home }) => {
  await house.json(['admin', 'budget', 'set', '--scope', home.id, '--window', 'month', '--usd', '0.05']);
  const project = await house.json<{ id: string }>(['admin', 'project', 'create', '--org', home.id, '--name', 'Small', '--environment', 'production']);
  const key = await house.json<{ secret: string }>(['admin', 'key', 'create', '--project', project.id, '--name', 'Chat widget']);
  await page.goto(`/${home.id}`);
  await expect(page.locator('.waiting')).toContainText('Waiting for the first request…');
  expect((await dime(house, key.secret)).status).toBe(429);
  await expect(page.locator('.waiting')).toContainText('A request was refused.');
  await page.getByRole('link', { name: 'See why' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Refused by');
});

test('two presses send a form once', async ({ page, home }) => {
  await page.goto(`/${home.id}/projects`);
  let sent = 0;
  await page.route('**/projects', async (route) => {
    sent += 1;
    await new Promise((go) => setTimeout(go, 300));
    await route.continue();
  });
  await page.getByLabel('Name', { exact: true }).fill('Once');
  await page.getByRole('button', { name: 'Make project' }).dblclick();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Once');
  expect(sent).toBe(1);
});

test('what the policy forbids is noticed', async ({ page, complaints }) => {
  await page.goto('/sign-in');
  expect(complaints).toEqual([]);
  await page.evaluate(() => {
    document.body.append(Object.assign(new Image(), { src: 'https://evil.example/x.png' }));
    document.body.setAttribute('style', 'color: red');
  });
  await expect.poll(() => complaints.join()).toMatch(/img-src.*style-src/);
  // Every test fails that ends with any.
  complaints.length = 0;
});

test('the policy lets only what is ours', async ({ page, home }) => {
  const response = await page.goto(`/${home.id}/usage`);
  const headers = response?.headers() ?? {};
  const policy = headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).not.toMatch(/'unsafe-eval'/);
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
  });
  const again = await page.goto(`/${home.id}/usage`);
  expect(again?.headers()['content-security-policy'], 'a nonce is used once').not.toBe(policy);
});

test('a list of time zones begins with the browser’s', async ({ browser, house, home }) => {
  const zones: [string, string][] = [['Europe/Oslo', 'Europe/Oslo'], ['Asia/Calcutta', 'Asia/Calcutta']];
  for (const [timezoneId, chosen] of zones) {
    const context = await browser.newContext({ baseURL: house.url, timezoneId });
    const page = await context.newPage();
    await signIn(page, home.owner);
    await page.goto('/organizations/new');
    await expect(page.getByLabel('Time zone')).toHaveValue(chosen);
    // What was chosen once stays.
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await page.getByLabel('Name', { exact: true }).fill(' ');
    await page.getByRole('button', { name: 'Make organization' }).click();
    await expect(page.getByText('No organization was made')).toBeVisible();
    await expect(page.getByLabel('Time zone')).toHaveValue('Asia/Tokyo');
    await context.close();
  }
});
