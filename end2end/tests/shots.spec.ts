// Pictures of every page, for people to look at: `make shots`. Nothing is compared here: that is done with /design.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import type { Exchequer } from '../support/exchequer';
import { expect, test } from '../support/fixtures';
import { limit } from '../support/limits';
import { doors, inhabit, live, offices, pages, type Shown } from '../support/pages';
import { account, fillSignIn, organization, type Person, signIn } from '../support/people';

const FOLDER = join(__dirname, '../out/shots');

const desk = { viewport: { width: 1440, height: 900 } } as const;
const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true } as const;
const LOOKS = {
  'light-1440': { ...desk, colorScheme: 'light' },
  'dark-1440': { ...desk, colorScheme: 'dark' },
  'light-360': { ...phone, colorScheme: 'light' },
  'dark-360': { ...phone, colorScheme: 'dark' },
} as const;

/** Names of the pictures that are taken. */
const ONLY = new RegExp(process.env.SHOTS_ONLY ?? '');

/** A4 between its margins. */
const PAPER = { width: 718, height: 1047 };

type Look = keyof typeof LOOKS;

test.beforeAll(() => mkdirSync(FOLDER, { recursive: true }));

test.afterAll(() => writeFileSync(join(FOLDER, 'index.html'), sheet()));

/** Every picture so far on one page: a row for each page, a column for each look. */
function sheet(): string {
  const all = readdirSync(FOLDER).filter((name) => name.endsWith('.png'));
  const looks = Object.keys(LOOKS);
  const names = [...new Set(all.map((name) => name.replace(/-(light|dark)-\d+\.png$/, '')))].sort();
  const cell = (file: string) => (all.includes(file) ? `<a href="${file}"><img loading="lazy" src="${file}" alt=""></a>` : '');
  const row = (name: string) =>
    `<tr><th>${name}</th>${looks.map((look) => `<td>${cell(`${name}-${look}.png`)}</td>`).join('')}</tr>`;
  const head = looks.map((look) => `<th>${look}</th>`).join('');
  const style = 'body{font:13px system-ui}td{vertical-align:top}img{height:240px;object-fit:cover;object-position:top;border:1px solid #8884}';
  return `<!doctype html><meta charset="utf-8"><title>Contact sheet</title><style>${style}</style><table><tr><th></th>${head}</tr>${names.map(row).join('\n')}</table>`;
}

test('pictures of a demo, of a stopped and of an empty organization', async ({ browser, house, page }) => {
  test.setTimeout(1_800_000);
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

test('pictures of what a click opens in a demo', async ({ browser, house }) => {
  test.setTimeout(600_000);
  const login = (await house.run(['demo'])).stdout;
  const said = (label: string) => new RegExp(`^${label} +(.+)$`, 'm').exec(login)?.[1] ?? '';
  const demo: Person = { name: 'Ines Okafor', email: said('E-mail'), password: said('Password') };
  let statement = '';
  let request = '';

  for (const look of Object.keys(LOOKS) as Look[]) {
    await take(browser, house.url, look, demo, async (page) => {
      const org = new URL(page.url()).pathname.slice(1);
      statement ||= await close(page, org);
      request ||= await ask(page, house, org);
      await page.goto(request);
      await page.getByRole('button', { name: 'Show prompt and answer' }).click();
      await expect(page.getByRole('button', { name: 'Copy' }).first()).toBeVisible();
      await shoot(page, look, 'open-prompt');
      return [
        { name: 'open-statement', path: statement },
        { name: 'open-statements', path: `/${org}/statements` },
      ];
    });
  }
  await take(browser, house.url, 'dark-1440', demo, async (page) => {
    await page.setViewportSize(PAPER);
    await page.emulateMedia({ media: 'print' });
    await page.goto(statement);
    await shoot(page, 'dark-1440', 'open-paper');
    return [];
  });
});

/** Closes the last billing cycle and compares an invoice with it; where its statement is. */
async function close(page: Page, org: string): Promise<string> {
  await page.goto(`/${org}/statements`);
  await page.getByRole('link', { name: 'Review and close' }).first().click();
  await page.getByRole('button', { name: /^Close / }).click();
  await expect(page.getByText('The billing cycle is closed.')).toBeVisible();
  const lines = ['model,cost', '"gpt-4o-2024-08-06, input",21.3', '"gpt-4o-2024-08-06, output",20.57', 'gpt-4.1,301.2'];
  const file = [...lines, 'claude-opus-4-1,270.33', 'web search,12.5', ''].join('\n');
  await page.getByLabel('Invoice as CSV').setInputFiles({ name: 'invoice.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
  await page.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByText('The invoice is compared below.')).toBeVisible();
  return new URL(page.url()).pathname;
}

/** A chat of every width. */
const ASKED = {
  model: 'sandbox-tokens',
  temperature: 0.2,
  messages: [
    { role: 'system', content: 'You sort freight papers. Answer with the number of the consignment and nothing else.' },
    { role: 'user', content: `Which consignment is this?\n\n${'https://papers.example.com/'.repeat(9)}\n| net | gross |\n| --- | --- |` },
    { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', function: { name: 'read', arguments: '{"page":1}' } }] },
    { role: 'tool', content: 'BRK-0017 '.repeat(60) },
  ],
};

/** Sends a request of which prompt and answer are kept; where its page is. */
async function ask(page: Page, house: Exchequer, org: string): Promise<string> {
  await page.goto(`/${org}/projects`);
  const path = await page.locator('main a[href*="/projects/proj_"]').first().getAttribute('href');
  await page.goto(path ?? '');
  await page.getByLabel('Keep prompts and answers for so many days').fill('7');
  await page.getByRole('button', { name: 'Save days' }).click();
  await expect(page.locator('.toast')).toBeVisible();
  const project = path?.split('/').pop() ?? '';
  const key = await house.json<{ secret: string }>(['admin', 'key', 'create', '--project', project, '--name', 'Kept']);
  let shown = '';
  await expect(async () => {
    const answer = await fetch(`${house.base}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(ASKED),
    });
    shown = `/requests/${answer.headers.get('x-request-id')}`;
    await expect
      .poll(async () => (await page.request.get(shown)).text(), { timeout: 4_000 })
      .toContain('Show prompt and answer');
  }).toPass({ timeout: 30_000 });
  return shown;
}

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
  const shown = (await prepare(page)).filter(({ name }) => ONLY.test(name));
  for (const { name, path } of shown) {
    await page.goto(path, { waitUntil: 'networkidle' });
    await shoot(page, look, name);
  }
  await context.close();
}

async function shoot(page: Page, look: Look, name: string): Promise<void> {
  if (!ONLY.test(name)) return;
  await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`), fullPage: true });
}
