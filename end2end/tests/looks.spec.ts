// Whether everybody can read every page: rules of accessibility in light and dark, valid HTML, the same
// content without scripts, and nothing that the browser complains about.

import type { Page } from '@playwright/test';
import { HtmlValidate } from 'html-validate';
import { findings, LOOKS } from '../support/axe';
import { expect, test } from '../support/fixtures';
import { limit } from '../support/limits';
import { doors, inhabit, live, offices, pages, type Shown } from '../support/pages';
import { account, organization, post, signIn } from '../support/people';

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
  for (const look of LOOKS) expect.soft(await findings(page, look), `${where}, ${look}`).toEqual([]);
}

async function valid(html: string, where: string): Promise<void> {
  const { results } = await validator.validateString(html);
  const said = results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line, column }) => `${ruleId} ${line}:${column} ${message}`),
  );
  expect.soft(said, where).toEqual([]);
}

/** Looks at each page with scripts, and whether they say anything that the server did not. */
async function inspect(page: Page, complaints: string[], all: Shown[]): Promise<void> {
  for (const { name, path } of all) {
    await test.step(name, async () => {
      const response = await page.goto(path, { waitUntil: 'load' });
      expect.soft(response?.status(), path).toBe(200);
      const html = (await response?.text()) ?? '';
      await valid(html, path);
      await axe(page, path);
      // Nothing moves once it is seen.
      const moved = await page.evaluate(() => new Promise<number>((tell) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => tell(sum), 50);
      }));
      expect.soft(moved, `${path} moves`).toBe(0);
      const [bare, alive] = await words(page, html);
      expect.soft(alive, path).toBe(bare);
      expect.soft(complaints.splice(0), path).toEqual([]);
    });
  }
}

test('a page that is wrong is found out', async ({ page }) => {
  const wrong = '<!doctype html><html lang="en"><head><title>x</title></head><body><input type="text"></body></html>';
  const { valid } = await validator.validateString(wrong);
  expect(valid).toBe(false);
  await page.setContent(wrong);
  expect((await findings(page, 'light')).join()).toContain('label: input');
});

// In two halves, which run beside each other.
for (const half of [0, 1]) {
  test(`pages of an organization, half ${half + 1}`, async ({ page, house, home, complaints }) => {
    const lived = await live(house, home);
    const limited = await limit(house, home.id, page.request, lived);
    const more = await inhabit(house, home.id, page.request);
    const all = pages(home.id, [...lived.pages, ...limited, ...more]);
    await inspect(page, complaints, all.filter((_, place) => place % 2 === half));
  });
}

test('pages of the operator', async ({ page, house, complaints }) => {
  const operator = await account(house, 'Oda Operator', ['--operator']);
  await organization(house, operator, 'Run & Kept');
  await signIn(page, operator);
  await inspect(page, complaints, offices);
  await page.goto('/operator/prices/import');
  await page.getByLabel('Or its text').fill('provider,model,input,output\nacme,large,1,2\nacme,dear,0.0000025,1');
  const [answer] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === 'POST'),
    page.getByRole('button', { name: 'Review' }).click(),
  ]);
  await expect(page.getByRole('button', { name: 'Add the ticked prices' })).toBeVisible();
  await valid(await answer.text(), 'review of prices');
  await axe(page, 'review of prices');
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

/**
 * What the main content says as it was sent, and as scripts left it: without what only scripts offer. A
 * parser of documents runs no scripts, so the first is what a browser without them shows.
 */
function words(page: Page, html: string): Promise<[string, string]> {
  return page.evaluate((html) => {
    const said = (whole: Document) => {
      const copy = whole.querySelector('main')?.cloneNode(true) as HTMLElement;
      for (const part of copy.querySelectorAll('leptos-island button, .peek-tip')) part.remove();
      return (copy.textContent ?? '').replace(/\s+/g, ' ').trim();
    };
    return [said(new DOMParser().parseFromString(html, 'text/html')), said(document)];
  }, html);
}

test('on a desk no table leaves its card, and the head of a long one stays in view', async ({ page, house, home }) => {
  const lived = await live(house, home);
  const limited = await limit(house, home.id, page.request, lived);
  const more = await inhabit(house, home.id, page.request);
  // A name as long as may be, in one word.
  await post(page.request, `/${home.id}/projects`, { name: 'W'.repeat(100), environment: 'production' });
  const check = async (path: string) => {
    for (const width of [1000, 1240, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      if (width === 1000) await page.goto(path);
      const wide = await page.evaluate(() => {
        const tables = [...document.querySelectorAll('.scroll > table')];
        const out = tables.filter(({ scrollWidth, parentElement }) => {
          const scrolls = getComputedStyle(parentElement as Element).overflowX !== 'visible';
          return !scrolls && scrollWidth > (parentElement?.clientWidth ?? 0) + 1;
        });
        const names = out.map((table) => table.parentElement?.getAttribute('aria-label'));
        return document.documentElement.scrollWidth > innerWidth ? [...names, 'the page'] : names;
      });
      expect.soft(wide, `${path} at ${width}`).toEqual([]);
    }
  };
  for (const { path } of pages(home.id, [...lived.pages, ...limited, ...more])) await check(path);
  await page.context().clearCookies();
  const operator = await account(house, 'Oda Operator', ['--operator']);
  await organization(house, operator, 'Run & Kept');
  await signIn(page, operator);
  for (const { path } of offices) await check(path);
  await page.goto('/operator/prices');
  const head = page.getByRole('columnheader', { name: 'Model' });
  await page.getByRole('row').nth(40).scrollIntoViewIfNeeded();
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(500);
  await expect(head).toBeInViewport();
});
