// A key from the form that makes it to the request that it is refused for, with scripts and without.

import type { Page } from '@playwright/test';
import type { Exchequer } from '../support/exchequer';
import { expect, test } from '../support/fixtures';
import { pick, refused, send } from '../support/forms';
import { answer, SOON, verdict } from '../support/gateway';
import { makeKey, runExamples, shownKey } from '../support/keys';
import { account, enlist } from '../support/people';

/** What a request to an endpoint that costs next to nothing comes to. */
async function embed(house: Exchequer, secret: string): Promise<string> {
  const response = await fetch(`${house.base}/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox-embed', input: 'Hello' }),
  });
  return verdict(response);
}

async function models(house: Exchequer, secret: string): Promise<string> {
  return verdict(await fetch(`${house.base}/models`, { headers: { authorization: `Bearer ${secret}` } }));
}

/** The page of the key of that name. */
async function open(page: Page, org: string, name: string): Promise<void> {
  await page.goto(`/${org}/keys`);
  await page.getByRole('rowheader').getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
}

test('a key is shown once, paused, rotated and revoked', async ({ page, house, home }) => {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  let [first, second] = ['', ''];

  await test.step('the examples beside it work as they stand', async () => {
    first = await makeKey(page, home.id, 'Nightly import');
    const { curl, python, node } = await runExamples(page);
    expect(JSON.parse(curl.stdout).choices).toHaveLength(1);
    for (const { stdout, stderr, code } of [python, node]) expect(stdout + code, stderr).toMatch(/\w+\s+0$/);
    await page.getByLabel('I have stored the key').check();
    await press('Done');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Nightly import|API keys/);
    expect(await page.content()).not.toContain(first);
  });

  await test.step('paused it is refused, resumed it is not', async () => {
    await open(page, home.id, 'Nightly import');
    await press('Pause key');
    await expect(page.getByText('Key saved.')).toBeVisible();
    await expect.poll(() => answer(house, first), SOON).toBe('403 key_paused');
    await press('Resume key');
    await expect.poll(() => answer(house, first), SOON).toBe('200 answered');
  });

  const rotate = async (overlap: string) => {
    await page.getByRole('link', { name: 'Rotate…' }).click();
    await pick(page, overlap).check();
    await press('Make the new key');
    return shownKey(page);
  };

  await test.step('rotated with an overlap, both work', async () => {
    second = await rotate('In 24 hours');
    expect(await answer(house, second)).toBe('200 answered');
    expect(await answer(house, first)).toBe('200 answered');
    await page.getByLabel('I have stored the key').check();
    await press('Done');
    await expect(page.getByText('It was made in the place of another key.')).toBeVisible();
  });

  await test.step('rotated without, the old one is refused', async () => {
    const third = await rotate('Now');
    await expect.poll(() => answer(house, second), SOON).toBe('401 invalid_api_key');
    expect(await answer(house, third)).toBe('200 answered');
    expect(await answer(house, first), 'its day is not over').toBe('200 answered');
    second = third;
  });

  await test.step('renamed, it is the same key; revoked, it is none', async () => {
    await page.getByLabel('I have stored the key').check();
    await press('Done');
    await send(page, 'Rename key', [{ field: 'Name', value: 'Evening import' }]);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Evening import');
    await page.getByRole('link', { name: 'Revoke…' }).click();
    await press('Revoke key');
    await expect(page.getByRole('rowheader', { name: 'Evening import' })).toContainText('Revoked');
    await expect.poll(() => answer(house, second), SOON).toBe('401 invalid_api_key');
  });
});

test('a key may ask for what it was made for', async ({ page, house, home }) => {
  await test.step('restricted to one endpoint, until that is changed', async () => {
    await page.goto(`/${home.id}/keys/new`);
    await pick(page, 'Restricted').check();
    await send(page, 'Make key', [{ field: 'Name', value: 'Nothing ticked' }]);
    await expect(page.getByRole('alert')).toContainText('Tick at least one endpoint');
    const secret = await makeKey(page, home.id, 'Search index', async (form) => {
      await pick(form, 'Restricted').check();
      await pick(form, 'Embeddings').check();
    });
    expect(await answer(house, secret)).toBe('403 insufficient_permissions');
    expect(await embed(house, secret)).toBe('200 answered');
    await open(page, home.id, 'Search index');
    await pick(page, 'All').check();
    await page.getByRole('button', { name: 'Save permissions' }).click();
    await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
  });

  await test.step('one that only reads', async () => {
    const secret = await makeKey(page, home.id, 'Inventory', (form) =>
      pick(form, 'Read only').check(),
    );
    expect(await models(house, secret)).toBe('200 answered');
    expect(await answer(house, secret)).toBe('403 insufficient_permissions');
    expect(await embed(house, secret)).toBe('403 insufficient_permissions');
  });

  await test.step('an untracked one stands under “Untracked”', async () => {
    const secret = await makeKey(page, home.id, 'Nameless', (form) =>
      pick(form, 'Untracked').check(),
    );
    expect(await answer(house, secret)).toBe('200 answered');
    await page.goto(`/${home.id}/usage?by=key`);
    const usage = page.getByRole('region', { name: 'Usage by API key' });
    await expect(usage.getByRole('row').filter({ hasText: 'Untracked' })).toContainText('$0.10');
    await expect(usage.getByText('Nameless')).toHaveCount(0);
  });

  await test.step('an expired one is refused', async () => {
    await page.goto(`/${home.id}/keys/new`);
    const day = { field: 'Date', value: '2020-01-31' };
    const past = [{ field: 'Name', value: 'Past' }, { field: 'Expires in', value: 'date' }, day];
    await send(page, 'Make key', past);
    await expect(page.getByRole('alert')).toContainText('No key was made');
    const secret = await makeKey(page, home.id, 'Short-lived');
    await house.expire(home.id, 'Short-lived');
    await expect.poll(() => answer(house, secret), SOON).toBe('401 invalid_api_key');
    await page.goto(`/${home.id}/keys`);
    await expect(page.getByRole('rowheader', { name: 'Short-lived' })).toContainText('Expired');
  });
});

test('a service account’s key outlives who made it', async ({ page, house, home, visit }) => {
  const max = await account(house, 'Max Maker');
  const his = await visit(max);
  await enlist(house, home.id, page.request, max, his.request);
  await his.goto(`/${home.id}/projects`);
  await his.getByLabel('Name', { exact: true }).fill('Robots');
  await his.getByRole('button', { name: 'Make project' }).click();
  const own = await makeKey(his, home.id, 'His');
  const robot = await makeKey(his, home.id, 'Its', async (form) => {
    await pick(form, 'A service account').check();
    await form.getByLabel('Name of a new one').fill('robot');
  });
  expect([await answer(house, own), await answer(house, robot)]).toEqual(['200 answered', '200 answered']);
  await page.goto(`/${home.id}/service-accounts`);
  await expect(page.getByRole('rowheader', { name: 'robot' })).toBeVisible();
  await page.goto(`/${home.id}/team`);
  await page.getByRole('link', { name: max.name }).click();
  await page.getByRole('link', { name: 'Remove member' }).click();
  await page.getByRole('button', { name: 'Remove member' }).click();
  await expect.poll(() => answer(house, own), SOON).toBe('401 invalid_api_key');
  expect(await answer(house, robot)).toBe('200 answered');
});

test('an admin key lets a program in until it is revoked', async ({ page, house, home }) => {
  await page.goto(`/${home.id}/admin-keys`);
  await page.getByRole('link', { name: 'New admin key' }).click();
  await page.getByLabel('Name', { exact: true }).fill('directory-sync');
  await page.getByRole('button', { name: 'Make admin key' }).click();
  const secret = (await page.locator('.secret code').textContent()) ?? '';
  expect(secret).toMatch(/^sk-exq-admin-/);
  const projects = () =>
    fetch(`${house.base}/organization/projects`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await (await projects()).json()).data.map(({ name }: { name: string }) => name)).toEqual(['Default']);
  expect(await answer(house, secret)).toMatch(/^401 /);
  await page.getByLabel('I have stored the key').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: 'Revoke…' }).click();
  await page.getByRole('button', { name: 'Revoke admin key' }).click();
  await expect(page.getByText('No admin keys')).toBeVisible();
  await expect.poll(async () => (await projects()).status, SOON).toBe(401);
});

test('a form that is sent twice makes one key', async ({ page, home }) => {
  await page.goto(`/${home.id}/keys/new`);
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Make key' }) });
  await form.getByLabel('Name', { exact: true }).fill('Twice');
  const fields = await form.evaluate((form) =>
    Object.fromEntries([...new FormData(form as HTMLFormElement)].map(([name, value]) => [name, String(value)])),
  );
  await form.getByRole('button', { name: 'Make key' }).click();
  const secret = await shownKey(page);
  const again = await page.request.post(`/${home.id}/keys/new`, { form: fields, maxRedirects: 0 });
  expect(again.status()).toBe(409);
  const said = await again.text();
  expect(said).toContain('This key was made already');
  expect(said).not.toContain(secret);
  await page.goto(`/${home.id}/keys`);
  await expect(page.getByRole('rowheader', { name: 'Twice' })).toHaveCount(1);
});

test('labels of keys at the provider are listed as imported', async ({ page, home }) => {
  await page.goto(`/${home.id}/keys`);
  await page.getByRole('link', { name: 'Import labels' }).click();
  const LAST = 'Line 1: write the last four characters of the key, no more.';
  await refused(page, 'Import labels', [{ field: 'Labels', value: 'nightly, sk-proj-1234', says: LAST }]);
  await send(page, 'Import labels', [{ field: 'Labels', value: 'nightly, 3f9K\nsearch' }]);
  await expect(page).toHaveURL(`/${home.id}/keys?state=imported`);
  const rows = page.getByRole('rowheader');
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: 'nightly' })).toContainText('…3f9K');
  await expect(rows.filter({ hasText: 'Imported' })).toHaveCount(2);
});

test('a key that was found in the open is refused, which is mailed once', async ({ page, house, home }) => {
  const secret = await makeKey(page, home.id, 'Pasted');
  expect(await answer(house, secret)).toBe('200 answered');
  const report = async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${house.base}/keys/report`, { method: 'POST', headers, body: JSON.stringify({ key: secret }) });
    return response.status;
  };
  expect([await report(), await report()]).toEqual([200, 200]);
  await expect.poll(() => answer(house, secret), SOON).toBe('401 invalid_api_key');
  const letters = () => house.sink.to(home.owner.email).filter(({ subject }) => subject.includes('found in the open'));
  await expect.poll(() => letters().length).toBe(1);
  expect(letters()[0].text).not.toContain(secret);
  await page.goto(`/${home.id}/keys?state=revoked`);
  await expect(page.getByRole('rowheader', { name: 'Pasted' })).toBeVisible();
  expect(await report()).toBe(200);
  await expect.poll(() => house.waiting()).toBe(0);
  expect(letters()).toHaveLength(1);
});
