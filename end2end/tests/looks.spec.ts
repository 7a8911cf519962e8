// Whether everybody can read every page: rules of accessibility in light and dark, valid HTML, the same
// content without scripts, and nothing that the browser complains about.

import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { HtmlValidate } from 'html-validate';
import type { Exchequer } from '../support/exchequer';
import { expect, test } from '../support/fixtures';
import { doors, inhabit, live, offices, pages, type Shown } from '../support/pages';
import { account, organization, signIn } from '../support/people';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    'doctype-style': ['error', { style: 'lowercase' }],
    'void-style': 'off',
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
    'require-sri': 'off',
  },
});

async function axe(page: Page, where: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const builder = new AxeBuilder({ page });
    // Dark differs from light in its colours alone.
    const rules = colorScheme === 'light' ? builder.withTags(RULES) : builder.withRules('color-contrast');
    const { violations } = await rules.analyze();
    const said = violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`),
    );
    expect.soft(said, `${where}, ${colorScheme}`).toEqual([]);
  }
}

async function valid(html: string, where: string): Promise<void> {
  const { results } = await validator.validateString(html);
  const said = results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line, column }) => `${ruleId} ${line}:${column} ${message}`),
  );
  expect.soft(said, where).toEqual([]);
}

interface Looker {
  browser: Browser;
  house: Exchequer;
  page: Page;
  complaints: string[];
}

/** Looks at each page with scripts and without. */
async function inspect(
  { browser, house, page, complaints }: Looker,
  all: Shown[],
): Promise<void> {
  const plain = await browser.newContext({
    baseURL: house.url,
    javaScriptEnabled: false,
    storageState: await page.context().storageState(),
  });
  const bare = await plain.newPage();
  for (const { name, path } of all) {
    await test.step(name, async () => {
      const response = await page.goto(path, { waitUntil: 'load' });
      expect.soft(response?.status(), path).toBe(200);
      await valid((await response?.text()) ?? '', path);
      await bare.goto(path);
      expect.soft(await words(bare), path).toEqual(await words(page));
      await axe(page, path);
      expect.soft(complaints.splice(0), path).toEqual([]);
    });
  }
  await plain.close();
}

test('a page that is wrong is found out', async ({ page }) => {
  const wrong = '<!doctype html><html lang="en"><head><title>x</title></head><body><input type="text"></body></html>';
  const { valid } = await validator.validateString(wrong);
  expect(valid).toBe(false);
  await page.setContent(wrong);
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(violations.map(({ id }) => id)).toContain('label');
});

// In two halves, which run beside each other.
for (const half of [0, 1]) {
  test(`pages of an organization, half ${half + 1}`, async ({ browser, page, house, home, complaints }) => {
    test.setTimeout(240_000);
    const lived = await live(house, home);
    const more = await inhabit(house, home.id, page.request);
    const all = pages(home.id, [...lived.pages, ...more]);
    await inspect({ browser, house, page, complaints }, all.filter((_, place) => place % 2 === half));
  });
}

test('pages of the operator', async ({ browser, page, house, complaints }) => {
  const operator = await account(house, 'Oda Operator', ['--operator']);
  await organization(house, operator, 'Run & Kept');
  await signIn(page, operator);
  await inspect({ browser, house, page, complaints }, offices);
});

test('pages before signing in', async ({ page }) => {
  for (const { path } of doors) {
    const response = await page.goto(path);
    await valid((await response?.text()) ?? '', path);
    await axe(page, path);
  }
});

test('a form that came back, and a key that is shown', async ({ page, home }) => {
  await page.goto(`/${home.id}/billing`);
  await page.locator('main form').evaluate((form) => {
    (form as HTMLFormElement).noValidate = true;
    for (const input of form.querySelectorAll('input')) input.value = '';
  });
  await page.getByRole('button', { name: 'Save billing profile' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await axe(page, 'billing, refused');
  await page.goto(`/${home.id}/keys/new`);
  await page.getByLabel('Name', { exact: true }).fill('Shown');
  const [answer] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === 'POST'),
    page.getByRole('button', { name: 'Make key' }).click(),
  ]);
  await expect(page.locator('.secret')).toBeVisible();
  await valid(await answer.text(), 'key shown');
  await axe(page, 'key shown');
});

test('everything can be reached by the keyboard', async ({ page, home }) => {
  await page.goto(`/${home.id}`);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});

/** What the main content says, without what only scripts offer and without the clock. */
function words(page: Page): Promise<string> {
  return page.locator('main').evaluate((main) => {
    const copy = main.cloneNode(true) as HTMLElement;
    for (const part of copy.querySelectorAll('leptos-island button, .peek-tip, time')) part.remove();
    const text = (copy.textContent ?? '').replace(/\s+/g, ' ').trim();
    return text.replace(/\d+ (s|min) ago/g, 'ago').replace(/exq-audit-1\.\S+/g, 'head');
  });
}
