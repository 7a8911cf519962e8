// Pictures of every page, for people to look at: `make shots`. Nothing is compared, because fonts differ
// from machine to machine.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { limit } from '../support/limits';
import { doors, inhabit, live, offices, pages, type Shown } from '../support/pages';
import { account, fillSignIn, organization, type Person, signIn } from '../support/people';

const FOLDER = join(__dirname, '../out/shots');

const LOOKS = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 740 }, colorScheme: 'light', isMobile: true, hasTouch: true },
} as const;

type Look = keyof typeof LOOKS;

test('pictures of a demo, of a stopped and of an empty organization', async ({ browser, house, page }) => {
  test.setTimeout(600_000);
  mkdirSync(FOLDER, { recursive: true });
  const login = (await house.run(['demo'])).stdout;
  const said = (label: string) => new RegExp(`^${label} +(.+)$`, 'm').exec(login)?.[1] ?? '';
  const demo: Person = { name: 'Ines Okafor', email: said('E-mail'), password: said('Password') };

  const stopped = await account(house, 'Stig Stopped');
  const spent = await organization(house, stopped, 'Spent & Done');
  const lived = await live(house, { id: spent });
  const of = (prefix: string, all: Shown[]) => all.map(({ name, path }) => ({ name: prefix + name, path }));
  await signIn(page, stopped);
  const limited = await limit(house, spent, page.request, lived);
  const more = await inhabit(house, spent, page.request);
  const refused = of('stopped-', pages(spent, [...lived.pages, ...limited, ...more]));
  const newcomer = await account(house, 'Nora Newcomer', ['--operator']);
  const nothing = of('empty-', pages(await organization(house, newcomer, 'Just Made')));

  for (const look of Object.keys(LOOKS) as Look[]) {
    await take(browser, house.url, look, undefined, async () => of('door-', doors));
    await take(browser, house.url, look, demo, async (page) => {
      const org = new URL(page.url()).pathname.slice(1);
      const usage = (query: string) => ({ name: `usage-${query.replace(/\W/g, '-')}`, path: `/${org}/usage?${query}` });
      return pages(org, [usage('by=model'), usage('by=key&measure=tokens')]);
    });
    await take(browser, house.url, look, stopped, async (page) => {
      await page.goto(`/${spent}/keys/new`);
      await page.getByLabel('Name', { exact: true }).fill(`Shown ${look}`);
      await page.getByRole('button', { name: 'Make key' }).click();
      await shoot(page, look, 'stopped-key-shown');
      return refused;
    });
    await take(browser, house.url, look, newcomer, async (page) => {
      await page.goto('/account');
      await page.locator('main form').first().evaluate((form) => ((form as HTMLFormElement).noValidate = true));
      await page.getByRole('button', { name: 'Change password' }).click();
      await shoot(page, look, 'empty-account-refused');
      return [...nothing, ...offices];
    });
  }
});

async function take(
  browser: Browser,
  baseURL: string,
  look: Look,
  person: Person | undefined,
  prepare: (page: Page) => Promise<Shown[]>,
): Promise<void> {
  const context = await browser.newContext({ ...LOOKS[look], baseURL, locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  if (person) {
    await page.goto('/sign-in');
    await fillSignIn(page, person);
    await expect(page).toHaveURL(/\/org-/);
  }
  for (const { name, path } of await prepare(page)) {
    await page.goto(path, { waitUntil: 'networkidle' });
    await shoot(page, look, name);
  }
  await context.close();
}

async function shoot(page: Page, look: Look, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`), fullPage: true });
}
