// The pictures of the guides, taken where the guides say they are from. One that no longer looks like the product fails;
// `make pictures` takes them anew.

import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { makeKey } from '../support/keys';
import { live } from '../support/pages';
import { account, organization, post, signIn } from '../support/people';

const card = (page: Page, title: string): Locator =>
  page.locator('.card').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

/** The address of a test's own program is nobody's. */
const anyAddress = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode as Text;
      text.data = text.data.replace(/127\.0\.0\.1:\d+/, 'localhost:3000');
    }
  });

test('what the guides show is what there is', async ({ page, house, home }) => {
  const project = await house.json<{ id: string }>([
    'admin', 'project', 'create', '--org', home.id, '--name', 'Support', '--environment', 'production',
  ]);
  await house.json(['admin', 'key', 'create', '--project', project.id, '--name', 'First']);
  await page.goto(`/${home.id}`);
  await anyAddress(page);
  await expect.soft(card(page, 'Send your first request')).toHaveScreenshot('first-request.png');

  await page.goto(`/${home.id}/budgets?scope=${project.id}`);
  await page.getByLabel('Amount a month').fill('500.00');
  await page.locator('h1').click();
  await expect.soft(page.locator('.card').filter({ has: page.locator('form#budget') })).toHaveScreenshot('budget.png');

  await makeKey(page, home.id, 'Chat widget');
  await expect.soft(page.locator('.dialog.still')).toHaveScreenshot('key.png');
});

test('what a refusal looks like', async ({ page, house, home }) => {
  const lived = await live(house, home);
  await post(page.request, '/account', { action: 'profile', name: 'Ines Okafor' });
  await page.goto(lived.receipt);
  await expect.soft(page.locator('.receipt')).toHaveScreenshot('receipt.png');
});

test('what usage looks like', async ({ page, house }) => {
  const operator = await account(house, 'Oda Operator', ['--operator']);
  await organization(house, operator, 'Run & Kept');
  await signIn(page, operator);
  await page.goto('/design', { waitUntil: 'networkidle' });
  await expect.soft(page.locator('#bars .card').first()).toHaveScreenshot('usage.png');
});

// A demo differs from day to day.
if (process.env.PICTURES) test('the overview at the head of the README', async ({ browser, house }) => {
  const login = (await house.run(['demo'])).stdout;
  const said = (label: string) => new RegExp(`^${label} +(.+)$`, 'm').exec(login)?.[1] ?? '';
  const options = { baseURL: house.url, viewport: { width: 1440, height: 1000 }, locale: 'en-GB' };
  const page = await browser.newPage({ ...options, deviceScaleFactor: 1 });
  await signIn(page, { name: '', email: said('E-mail'), password: said('Password') });
  await page.goto('/', { waitUntil: 'networkidle' });
  await page.screenshot({ path: join(__dirname, '../../docs/overview.png') });
});
