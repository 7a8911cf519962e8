// Who is in a project, what it may ask, and its end, with scripts and without.

import type { Page } from '@playwright/test';
import type { Exchequer } from '../support/exchequer';
import { expect, test } from '../support/fixtures';
import { answer, SOON } from '../support/gateway';
import { account, enlist } from '../support/people';

/** A production project that spent twenty cents with the key that comes along. */
async function spend(house: Exchequer, org: string): Promise<{ project: string; secret: string }> {
  const json = <T>(...command: string[]) => house.json<T>(['admin', ...command]);
  const { id } = await json<{ id: string }>(
    'project', 'create', '--org', org, '--name', 'Ranking', '--environment', 'production',
  );
  const { secret } = await json<{ secret: string }>('key', 'create', '--project', id, '--name', 'Indexer');
  for (let number = 0; number < 2; number += 1) expect(await answer(house, secret)).toBe('200 answered');
  return { project: id, secret };
}

/** What a page answers, and whether it says anything of the project. */
async function tells(page: Page, path: string): Promise<{ status: number; says: boolean }> {
  const response = await page.request.get(path);
  return { status: response.status(), says: /Ranking|Indexer|\$0\.20/.test(await response.text()) };
}

test('who is outside a project sees nothing of it', async ({ page, house, home, visit }) => {
  const { project } = await spend(house, home.id);
  const rae = await account(house, 'Rae Reader');
  const hers = await visit(rae);
  await enlist(house, home.id, page.request, rae, hers.request);
  const [room, members] = [`/${home.id}/projects/${project}`, `/${home.id}/projects/${project}/members`];
  let secret = '';

  await test.step('outside, only its name is listed', async () => {
    for (const path of [room, members, `${room}/models`, `${room}/archive`]) {
      expect.soft(await tells(hers, path), path).toEqual({ status: 404, says: false });
    }
    const parts = ['usage?by=key', 'usage?by=project', 'budgets', 'alerts', 'projects', 'keys', 'keys/new'];
    for (const path of [`/${home.id}`, ...parts.map((part) => `/${home.id}/${part}`)]) {
      expect.soft((await tells(hers, path)).says, path).toBe(false);
    }
  });

  const row = page.getByRole('row').filter({ hasText: rae.email });

  await test.step('a viewer looks', async () => {
    await page.goto(room);
    await page.getByRole('link', { name: 'Members', exact: false }).first().click();
    await page.getByLabel('Person').selectOption({ label: `${rae.name}, ${rae.email}` });
    await page.locator('form').filter({ hasText: 'Person' }).getByLabel('Role').selectOption('Viewer');
    await page.getByRole('button', { name: 'Add member' }).click();
    await expect(row).toBeVisible();
    await hers.goto(`/${home.id}/projects`);
    await hers.getByRole('link', { name: 'Ranking' }).click();
    await expect(hers.getByRole('heading', { level: 1 })).toHaveText('Ranking');
    expect(await tells(hers, `/${home.id}/usage`)).toEqual({ status: 200, says: true });
    await hers.goto(`/${home.id}/keys/new`);
    await expect(hers.locator(`option[value="${project}"]`)).toHaveCount(0);
  });

  const choose = async (role: string) => {
    await row.getByLabel(`Role of ${rae.name}`).selectOption(role);
    await row.getByRole('button', { name: 'Save' }).click();
    await expect(row.getByLabel(`Role of ${rae.name}`).locator(':checked')).toHaveText(role);
  };

  await test.step('a member has keys', async () => {
    await choose('Member');
    await hers.reload();
    await hers.getByLabel('Name', { exact: true }).fill('Hers');
    await hers.getByLabel('Project', { exact: true }).selectOption(project);
    await hers.getByRole('button', { name: 'Make key' }).click();
    secret = (await hers.locator('.secret code').textContent()) ?? '';
    expect(await answer(house, secret)).toBe('200 answered');
  });

  await test.step('a viewer’s and a stranger’s key is refused, the open page is gone', async () => {
    await choose('Viewer');
    await expect.poll(() => answer(house, secret), SOON).toBe('403 insufficient_permissions');
    await hers.goto(room);
    await row.getByRole('button', { name: /^Remove/ }).click();
    await expect(row).toHaveCount(0);
    await expect.poll(() => answer(house, secret), SOON).toBe('403 insufficient_permissions');
    expect((await hers.reload())?.status()).toBe(404);
    expect(await tells(hers, `/${home.id}/usage?by=key`)).toEqual({ status: 200, says: false });
  });
});

test('only the chosen models answer', async ({ page, house, home }) => {
  const { project, secret } = await spend(house, home.id);
  await page.goto(`/${home.id}/projects/${project}`);
  await page.getByRole('link', { name: 'Models', exact: false }).first().click();
  await page.getByLabel('Only those chosen below').check();
  await page.getByLabel('Others').fill('sandbox-tokens');
  await page.getByRole('button', { name: 'Save models' }).click();
  await expect(page.getByText('Models saved.')).toBeVisible();
  await expect.poll(() => answer(house, secret), SOON).toBe('403 model_not_allowed');
  const listed = await fetch(`${house.base}/models`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await listed.json()).data.map(({ id }: { id: string }) => id)).toEqual(['sandbox-tokens']);
  await page.getByLabel('All models').check();
  await page.getByRole('button', { name: 'Save models' }).click();
  await expect.poll(() => answer(house, secret), SOON).toBe('200 answered');
});

test('an archived project takes no requests and no keys, and its usage stays', async ({ page, house, home }) => {
  const { project, secret } = await spend(house, home.id);
  await page.goto(`/${home.id}/projects`);
  await page.getByRole('link', { name: 'Ranking' }).click();
  await page.getByRole('link', { name: 'Archive this project…' }).click();
  await page.getByLabel('The project’s name').fill('Ranking');
  await page.getByRole('button', { name: 'Archive project' }).click();
  await expect(page.getByText('This project is archived.')).toBeVisible();
  let dimes = 2;
  const next = async () => {
    const said = await answer(house, secret);
    if (said.startsWith('200')) dimes += 1;
    return said;
  };
  await expect.poll(next, SOON).toBe('403 project_archived');
  await page.goto(`/${home.id}/keys/new`);
  await expect(page.getByLabel('Project', { exact: true }).locator('option')).toHaveText(['Default, development']);
  await expect(page.locator(`option[value="${project}"]`)).toHaveCount(0);
  await page.goto(`/${home.id}/usage`);
  const usage = page.getByRole('region', { name: 'Usage by project' });
  await expect(usage.getByRole('row').filter({ hasText: 'Ranking' })).toContainText(`$0.${dimes}0`);
});
