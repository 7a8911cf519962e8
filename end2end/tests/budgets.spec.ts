// What limits spend, set on its page and in force at the gateway, with scripts and without.

import type { Page } from '@playwright/test';
import type { Exchequer } from '../support/exchequer';
import { expect, test } from '../support/fixtures';
import { answer, dime, SOON } from '../support/gateway';
import { openReceipt, receiptOf } from '../support/receipts';

/** A project with a key, as a command makes them. */
async function project(house: Exchequer, org: string, flags: string[] = []) {
  const json = <T>(...command: string[]) => house.json<T>(['admin', ...command]);
  const { id } = await json<{ id: string }>(
    'project', 'create', '--org', org, '--name', 'Freight search', '--environment', 'staging', ...flags,
  );
  const key = await json<{ id: string; secret: string }>('key', 'create', '--project', id, '--name', 'Robot');
  return { id, key: key.id, secret: key.secret };
}

/** A day and time in the organization's zone, which is UTC. */
const hence = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16);

async function setBudget(page: Page, amount: string): Promise<void> {
  await page.getByLabel(/^Amount a /).fill(amount);
  await page.getByRole('button', { name: /^(Set|Save) budget$/ }).click();
  await expect(page.getByText(/^Budget saved/)).toBeVisible();
}

test('a project’s and a key’s budget of a day refuse', async ({ page, house, home }) => {
  const { id, key, secret } = await project(house, home.id);
  await page.goto(`/${home.id}/projects/${id}`);
  await page.getByRole('link', { name: 'Budget', exact: true }).click();
  await page.getByRole('navigation', { name: 'Window of the budget' }).getByRole('link', { name: 'Day' }).click();
  await setBudget(page, '0.20');
  await expect(page.getByRole('heading', { name: 'Daily budget of Freight search' })).toBeVisible();
  await page.goto(`/${home.id}/keys/${key}`);
  await page.getByRole('link', { name: 'It or its project has one: see or change its own' }).click();
  await page.getByRole('link', { name: 'Day', exact: true }).click();
  await expect(page.getByLabel('Budget of')).toHaveValue(key);
  await setBudget(page, '0.10');
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
  await expect.poll(() => answer(house, secret), SOON).toBe('429 key_spend_limit_exceeded');
  await setBudget(page, '5');
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
  const refused = await dime(house, secret);
  const { error } = await refused.json();
  expect([refused.status, error.code]).toEqual([429, 'project_spend_limit_exceeded']);

  await openReceipt(page, receiptOf(error.limit.receipt), 'Refused by the project budget');
  await expect(page.getByText('429 project_spend_limit_exceeded')).toBeVisible();
  await expect(page.getByText('Freight search, daily budget')).toBeVisible();
  await page.getByRole('link', { name: 'Go to the budget' }).click();
  await expect(page.getByText('The daily budget of Freight search is reached')).toBeVisible();
  const row = page.getByRole('table', { name: 'Latest refusals' }).or(page.getByRole('region', { name: 'Latest refusals' }));
  await expect(row.first()).toContainText('Robot');
  await page.getByRole('link', { name: 'Receipt of Robot' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Refused by the project budget');
});

test('a raise lets requests pass until it ends', async ({ page, house, home }) => {
  const { id, secret } = await project(house, home.id);
  await page.goto(`/${home.id}/budgets?scope=${id}&window=week`);
  await setBudget(page, '0');
  await expect.poll(() => answer(house, secret), SOON).toBe('429 project_spend_limit_exceeded');
  const raise = async (amount: string, until: string) => {
    await page.getByLabel('Raised to, a week').fill(amount);
    await page.getByLabel('Until').fill(until);
    await page.getByLabel('Reason').fill('Launch week');
    await page.getByRole('button', { name: 'Raise budget' }).click();
  };
  await raise('2', hence(-2));
  await expect(page.getByRole('alert').filter({ hasText: 'Nothing was raised' })).toBeVisible();
  await expect(page.getByLabel('Raised to, a week')).toHaveValue('2');
  await raise('2', hence(48));
  await expect(page.getByText('Raise saved.')).toBeVisible();
  await expect(page.getByText(/^Raised to \$2\.00 until /)).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
  await page.getByRole('button', { name: 'End now Launch week' }).click();
  await expect(page.getByText('Raise ended.')).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('429 project_spend_limit_exceeded');
});

test('guards hold before any budget, and go', async ({ page, house, home }) => {
  const { key, secret } = await project(house, home.id);
  await page.goto(`/${home.id}/keys/${key}`);
  const save = async (most: string) => {
    await page.getByLabel('One request may cost at most').fill(most);
    await page.getByRole('button', { name: 'Save guards' }).click();
  };
  await save('0');
  await expect(page.getByRole('alert')).toContainText('Write an amount above $0.00');
  await save('0.05');
  await expect(page.getByText('Key saved.')).toBeVisible();
  await expect(page.getByText('$0.05 a request')).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('403 request_too_expensive');
  const { error } = await (await dime(house, secret)).json();
  await openReceipt(page, receiptOf(error.message), 'Refused by the API key’s guard');
  await expect(page.getByText('Too much by')).toBeVisible();
  await page.getByRole('link', { name: 'Go to the key' }).click();
  await save('');
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
});

test('an observed budget refuses nothing, and shows what it would have', async ({ page, house, home }) => {
  const { id, secret } = await project(house, home.id);
  await page.goto(`/${home.id}/budgets?scope=${id}&window=day`);
  await page.getByLabel('Observe only').check();
  await setBudget(page, '0.10');
  await expect.poll(async () => (await dime(house, secret)).status, SOON).toBe(200);
  for (let number = 0; number < 2; number += 1) expect((await dime(house, secret)).status).toBe(200);
  await expect
    .poll(async () => {
      await page.reload();
      return page.getByText('Would be refused', { exact: true }).count();
    })
    .toBe(2);
  await expect(page.getByText('Reached, observed only').first()).toBeVisible();
  await page.getByRole('link', { name: 'Receipt of Robot' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Would have been refused by the project budget');
});

test('before it is saved a budget says what it would have stopped', async ({ page, house, home }) => {
  const { id, secret } = await project(house, home.id);
  for (let number = 0; number < 3; number += 1) expect((await dime(house, secret)).status).toBe(200);
  const ask = async () => {
    await page.getByLabel(/^Amount a /).fill('0.10');
    await page.getByRole('button', { name: 'Show what it would have stopped' }).click();
  };
  await page.goto(`/${home.id}/budgets?scope=${id}&window=day`);
  await ask();
  await expect(page.getByText(/^It would have stopped 2 requests from .*, of key Robot \(2\)\.$/)).toBeVisible();
  await expect(page.getByLabel(/^Amount a /)).toHaveValue('0.10');
  await expect(page.getByRole('button', { name: 'Set budget' }), 'nothing was set').toBeVisible();
});

test('a rehearsal is cut off, and spends nothing of the organization', async ({ page, house, home }) => {
  await page.goto(`/${home.id}/projects`);
  await page.getByLabel('Name', { exact: true }).fill('Cut-off');
  await page.getByLabel(/^For rehearsals/).check();
  await page.getByRole('button', { name: 'Make project' }).click();
  await expect(page.getByText('Project for rehearsals made.')).toBeVisible();
  await page.getByRole('link', { name: 'Set its budget' }).click();
  await setBudget(page, '0.10');
  const scope = new URL(page.url()).searchParams.get('scope') ?? '';
  const command = ['admin', 'key', 'create', '--project', scope, '--name', 'Robot'];
  const { secret } = await house.json<{ secret: string }>(command);
  expect(await answer(house, secret)).toBe('200 answered');
  expect(await answer(house, secret)).toBe('429 project_spend_limit_exceeded');
  await page.reload();
  await expect(page.getByText('The daily budget of Cut-off is reached')).toBeVisible();
  const usage = await house.json<{ spent_usd: string }>(['admin', 'usage', '--scope', home.id]);
  expect(Number(usage.spent_usd)).toBe(0);
});

test('a price of its own is set, planned and taken back', async ({ page, home }) => {
  const price = async (input: string, output: string, from: string) => {
    await page.getByLabel('Model', { exact: true }).fill('gpt-4o');
    await page.getByLabel('Input', { exact: true }).fill(input);
    await page.getByLabel('Output', { exact: true }).fill(output);
    await page.getByLabel('Holds from (optional)').fill(from);
    await page.getByRole('button', { name: 'Set price' }).click();
  };
  await page.goto(`/${home.id}/prices`);
  await price('20000', '8', '');
  await expect(page.getByRole('alert')).toContainText('$10,000');
  await price('2', '8', '');
  await expect(page.getByRole('alert')).toContainText('less than the price book says');
  await price('3', '12', '');
  await expect(page.getByText('Saved.')).toBeVisible();
  const own = page.getByRole('region', { name: 'Your own prices' });
  await expect(own.getByRole('row').filter({ hasText: 'In force' })).toContainText('$3.00');
  await price('2.75', '11', '2999-01-01');
  const planned = own.getByRole('row').filter({ hasText: 'Planned' });
  await expect(planned).toContainText('$2.75');
  await planned.getByRole('button', { name: 'Take back' }).click();
  await expect(planned).toHaveCount(0);
  await page.goto(`/${home.id}/audit`);
  await expect(page.getByText('gpt-4o').first()).toBeAttached();
});

test('a charge that no provider told is corrected once', async ({ page, house, home }) => {
  const { id, secret } = await project(house, home.id);
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
  const lost = await dime(house, secret, { 'x-exchequer-sandbox': 'reset_after=10' });
  expect(lost.status).toBe(502);
  await page.goto(`/${home.id}/corrections`);
  const row = page.getByRole('row').filter({ hasText: 'Freight search' }).first();
  await expect(row).toContainText('No answer');
  await expect(row).toContainText('$0.10');
  await row.getByRole('link', { name: /^Correct/ }).click();
  await page.getByLabel('What it cost').fill('0.11');
  await page.getByLabel('Reason').fill('Invoice 17');
  await page.getByRole('button', { name: 'Correct charge' }).click();
  await expect(page.getByText('more than the request can have cost').first()).toBeVisible();
  await page.getByLabel('What it cost').fill('0.04');
  await page.getByRole('button', { name: 'Correct charge' }).click();
  await expect(page.getByText('Charge corrected.')).toBeVisible();
  await expect(page.getByText('Invoice 17').first()).toBeVisible();
  const usage = await house.json<{ spent_usd: string }>(['admin', 'usage', '--scope', id]);
  expect(usage.spent_usd).toBe('0.14');
});
