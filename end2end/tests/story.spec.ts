// From the first start to a budget that stops and is raised: one installation, two people, and
// OpenAI's own clients. With scripts and without.

import { expect, type Page } from '@playwright/test';
import {
  attempts,
  client,
  dime,
  expected,
  pythonClient,
  refusal,
  streamed,
  whole,
} from '../support/clients';
import type { Exchequer } from '../support/exchequer';
import { serve, test as base } from '../support/fixtures';
import { EMPTY, NO_ADDRESS, refused } from '../support/forms';
import { SOON } from '../support/gateway';
import { decimal, dollars, pico } from '../support/money';
import { type Person, signIn, signOut, somebody } from '../support/people';
import { chat, DIME, embedding, nothing, sum, type Used } from '../support/sandbox';
import { expectUsage } from '../support/usage';

// An installation that nobody else uses.
const test = base.extend<object, { house: Exchequer }>({
  house: [serve, { scope: 'worker', timeout: 180_000 }],
});

/** So many tokens cost two cents and a little. */
const STEP = 5_000;

test('from the set-up link to a raised budget', async ({ page, house }) => {
  const [operator, ben] = [somebody('Ada Operator'), somebody('Ben Owner')];
  let [org, key] = ['', ''];
  let used: Used = nothing;

  await test.step('the set-up link makes operator and organization, once', async () => {
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/not set up/);
    const link = house.setupLink;
    await page.goto(`${link.slice(0, -1)}x`);
    await expect(page.getByRole('button', { name: 'Set up Exchequer' })).toHaveCount(0);
    await page.goto(link);
    await refused(page, 'Set up Exchequer', [
      { field: 'Your name', value: operator.name },
      { field: 'E-mail', value: 'ada', says: NO_ADDRESS },
      { field: 'Password', value: 'short', says: 'A password needs at least 8 characters.', secret: true },
      { field: 'Organization', value: ' ', says: EMPTY },
      { field: 'Time zone', value: 'Asia/Tokyo' },
    ]);
    await fillPerson(page, operator);
    await page.getByLabel('Organization').fill('Exchequer & Sons');
    await page.getByLabel('Time zone').selectOption('Europe/Oslo');
    await page.getByRole('button', { name: 'Set up Exchequer' }).click();
    await expect(page).toHaveURL(/\/org-[0-9a-f]{32}$/);
    await expect(page.getByRole('button', { name: 'Exchequer & Sons' })).toBeVisible();
    await page.goto(link);
    await expect(page.getByRole('button', { name: 'Set up Exchequer' })).toHaveCount(0);
    await page.goto('/');
    await signOut(page, operator);
  });

  await test.step('a second person signs up and makes an organization', async () => {
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Create one' }).click();
    await fillPerson(page, ben);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check your mail');
    await page.goto(await house.sink.link(ben.email, /verify/));
    await page.getByLabel('Password').fill(ben.password);
    await page.getByRole('button', { name: 'Verify the address' }).click();
    await expect(page).toHaveURL(/\/organizations\/new$/);
    await page.getByLabel('Name', { exact: true }).fill('Brackwater Freight');
    await page.getByRole('button', { name: 'Make organization' }).click();
    await expect(page).toHaveURL(/\/org-[0-9a-f]{32}$/);
    org = new URL(page.url()).pathname.slice(1);
  });

  await test.step('billing profile, project, key', async () => {
    await page.getByRole('link', { name: 'Billing', exact: true }).click();
    await page.getByLabel('Legal name').fill('Brackwater Freight AS');
    await page.getByLabel('Billing e-mail').fill(ben.email);
    await page.getByLabel('Address').fill('Strandgaten 4\n5013 Bergen');
    await page.getByLabel('Country').selectOption('NO');
    await page.getByRole('button', { name: 'Save billing profile' }).click();
    await expect(page.getByText('Billing profile saved.')).toBeVisible();

    await page.getByRole('link', { name: 'Projects', exact: true }).click();
    await page.getByLabel('Name', { exact: true }).fill('Support assistant');
    await page.getByLabel('Environment').selectOption('production');
    await page.getByRole('button', { name: 'Make project' }).click();
    await expect(page.getByText('Project made.')).toBeVisible();
    await page.getByRole('link', { name: 'New key' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Chat widget');
    await expect(page.getByLabel('Project', { exact: true }).locator(':checked')).toHaveText(
      'Support assistant, production',
    );
    await page.getByRole('button', { name: 'Make key' }).click();
    key = (await page.locator('.secret code').textContent()) ?? '';
    expect(key).toMatch(/^sk-exq-[A-Za-z0-9]{12}_[A-Za-z0-9_-]{49,}$/);
  });

  await test.step('the key is seen this once', async () => {
    await page.getByLabel('I have stored the key').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('rowheader', { name: 'Chat widget' })).toBeVisible();
    expect(await page.content()).not.toContain(key);
    // The browser asks before it sends the form again, which here means that there is no page.
    await page.goBack().catch(() => undefined);
    await expect(page.locator('body')).not.toContainText(key);
    await page.goto(`/${org}/keys/new`);
    expect(await page.content()).not.toContain(key);
  });

  const openai = client(house, key);

  await test.step('OpenAI’s clients: 20 requests, half of them streamed', async () => {
    for (let number = 0; number < 20; number += 1) {
      const text = `Numéro ${number}: où est mon colis ? ${'🚚'.repeat(number % 4)}`;
      const maxTokens = 1_500 + 100 * number;
      const rules = chat(text, maxTokens);
      if (number % 2 === 0) {
        expect((await whole(openai, text, maxTokens)).usage).toEqual(expected(rules));
        used = sum(used, rules);
      } else {
        const few = 100 + number;
        const usage = number % 4 === 1;
        const answer = await streamed(openai, text, few, usage);
        const rules = chat(text, few);
        expect(answer.words.split(' ')).toHaveLength(few);
        expect(answer.usage ?? null).toEqual(usage ? expected(rules) : null);
        used = sum(used, rules);
      }
    }
  });

  await test.step('OpenAI’s Python client', async () => {
    const text = 'Hvor er pakken min?';
    const report = await pythonClient(house, key, text, 300);
    const rules = chat(text, 300);
    const told = { prompt_tokens: rules.input, completion_tokens: 300, total_tokens: rules.input + 300 };
    expect(report).toMatchObject({ chat: told, stream: told, same: true, dimensions: 4 });
    expect(report.embedding).toMatchObject({ prompt_tokens: rules.input, total_tokens: rules.input });
    expect(report.models).toEqual(['sandbox-dime', 'sandbox-embed', 'sandbox-tokens']);
    used = sum(used, rules, rules, embedding(text));
  });

  await test.step('chart and tables show exactly that', async () => {
    await expectUsage(page, org, used);
  });

  // One more request crosses the half of it, and leaves a dime.
  const crossing = chat('One more', STEP);
  const budget = used.charge + crossing.charge + DIME;
  expect(budget / 2n).toBeGreaterThan(used.charge);
  expect(budget / 2n).toBeLessThan(used.charge + crossing.charge);

  await test.step('a budget and a threshold', async () => {
    await page.getByRole('link', { name: 'Budgets', exact: true }).click();
    await page.getByLabel('Amount a month').fill(decimal(budget));
    await page.getByRole('button', { name: 'Set budget' }).click();
    await expect(page.getByText('Budget saved.')).toBeVisible();
    await page.getByLabel('Notify at').fill('50');
    await page.getByLabel('Of what').selectOption('percent');
    await page.getByRole('button', { name: 'Add threshold' }).click();
    await expect(page.getByText('Threshold added.')).toBeVisible();
    await expect(page.getByText('An alert would reach nobody')).toHaveCount(0);
  });

  const mails = (subject: RegExp) => house.sink.to(ben.email).filter((mail) => subject.test(mail.subject));
  const crossed = () => mails(/50% of its .* budget/);
  const blocked = () => mails(/refused/);

  await test.step('a request crosses the threshold, which mails', async () => {
    expect(house.sink.mails.map((mail) => mail.subject)).toEqual(['Verify your e-mail address']);
    await whole(openai, 'One more', STEP);
    used = sum(used, crossing);
    await expect.poll(() => crossed().length).toBe(1);
    const [mail] = crossed();
    expect(mail.subject).toContain('Brackwater Freight');
    expect(mail.text).toContain(dollars(used.charge));
    expect(mail.text).toContain(`/${org}/budgets`);
    expect(blocked()).toEqual([]);
  });

  let receipt = '';

  await test.step('at the budget it stops, and the client does not try again', async () => {
    used = sum(used, await dime(openai));
    expect(used.charge, 'to the last digit').toBe(budget);
    const error = await refusal(dime(openai));
    expect(error.status).toBe(429);
    expect(error.code).toBe('organization_spend_limit_exceeded');
    expect(error.type).toBe('insufficient_quota');
    expect(error.headers?.get('x-should-retry')).toBe('false');
    const { limit } = error.error as { limit: Record<string, string> };
    expect(limit).toMatchObject({ scope: 'organization', id: org, window: 'month' });
    expect(pico(limit.amount_usd)).toBe(budget);
    expect(pico(limit.spent_usd)).toBe(used.charge);
    expect(pico(limit.held_usd)).toBe(0n);
    receipt = limit.receipt;
    expect(error.message).toContain(receipt);
    expect(await attempts(() => refusal(whole(openai, 'And now?', STEP)))).toBe(1);
    await expect.poll(() => blocked().length).toBe(1);
    expect(blocked()[0].text).toContain(dollars(budget));
  });

  await test.step('the receipt says why', async () => {
    // Refusals are written once a second.
    await expect(async () => {
      expect((await page.goto(receipt))?.status()).toBe(200);
      expect(await page.getByText('2 requests', { exact: true }).count()).toBe(1);
    }).toPass({ timeout: 30_000 });
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Refused/);
    await expect(page.getByText('organization_spend_limit_exceeded')).toBeVisible();
    await expectUsage(page, org, used);
  });

  await test.step('raised, requests pass again', async () => {
    await page.goto(receipt);
    await page.getByRole('link', { name: 'Go to the budget' }).click();
    await expect(page.getByText(/budget.* is reached: every request is refused now/)).toBeVisible();
    await page.getByLabel('Amount a month').fill('50');
    await page.getByRole('button', { name: 'Save budget' }).click();
    await expect(page.getByText('Budget saved.')).toBeVisible();
    await expect(() => whole(openai, 'Thank you', STEP)).toPass(SOON);
    used = sum(used, chat('Thank you', STEP));
    await expectUsage(page, org, used);
  });

  await test.step('the list of alerts says what became of the mails', async () => {
    const alerts = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Alerts/ });
    await expect(alerts).toHaveAccessibleName(/^Alerts \d that nobody sees to$/);
    await alerts.click();
    // A mail is there a moment before it is known to be.
    await expect(async () => {
      await page.reload();
      expect(await page.getByRole('rowheader', { name: ben.email }).count()).toBe(2);
      expect(await page.getByText('Sent', { exact: true }).count()).toBe(2);
    }).toPass({ timeout: 30_000 });
  });

  await test.step('no mail came twice, and the books agree', async () => {
    // Mails are looked for once a second.
    await page.waitForTimeout(3_000);
    expect([crossed().length, blocked().length, house.sink.mails.length]).toEqual([1, 1, 3]);
    expect(await house.run(['reconcile'])).toMatchObject({ code: 0 });
    await signOut(page, ben);
    await signIn(page, operator);
    expect((await page.goto(`/${org}/usage`))?.status()).toBe(404);
  });
});

async function fillPerson(page: Page, person: Person): Promise<void> {
  await page.getByLabel('Your name').fill(person.name);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
}
