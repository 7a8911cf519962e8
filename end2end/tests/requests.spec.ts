// The request log: a request is sent, found in the list, and followed to where its time went. With
// scripts and without.

import { expect, test } from '../support/fixtures';

test('a request is followed from the list to its timeline', async ({ page, house, home }) => {
  const json = <T>(...command: string[]) => house.json<T>(['admin', ...command]);
  const project = await json<{ id: string }>(
    'project', 'create', '--org', home.id, '--name', 'Answers', '--environment', 'staging',
  );
  const { secret } = await json<{ secret: string }>('key', 'create', '--project', project.id, '--name', 'Robot');
  await page.goto(`/${home.id}`);
  const nav = page.getByRole('navigation', { name: 'Main' });
  await nav.getByRole('link', { name: 'Requests' }).click();
  await expect(page.getByText('No request yet')).toBeVisible();

  const ask = (tags: string, body: object) => fetch(`${house.base}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'x-exchequer-tags': tags,
      'x-exchequer-sandbox': 'delay_ms=30, first_token_ms=40',
    },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'A secret question' }], ...body }),
  });
  expect((await ask('Team=search', { model: 'sandbox-dime' })).status).toBe(400);
  const streamed = await ask('team=search', {
    model: 'sandbox-tokens', max_tokens: 12, stream: true, user: 'u-7',
  });
  expect(await streamed.text()).toContain('[DONE]');
  const id = streamed.headers.get('x-request-id') ?? '';
  expect((await ask('team=chat', { model: 'sandbox-dime' })).status).toBe(200);

  await page.reload();
  const rows = page.getByRole('table').getByRole('row');
  await expect(rows).toHaveCount(3);
  await page.getByText('Filter', { exact: true }).click();
  await page.getByLabel('Tag', { exact: true }).fill('team=search');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page).toHaveURL(/tag=team%3Dsearch/);
  await expect(rows).toHaveCount(2);
  await expect(page.getByRole('group', { name: 'Filters' })).toContainText(/Tag is\s*team=search/);
  const row = rows.filter({ hasText: 'sandbox-tokens' });
  await expect(row).toContainText('Answers');
  await expect(row).toContainText('Answered');
  // 18 bytes are 5 tokens of input at $1, and 12 of output at $4 a million.
  await expect(row).toContainText('$0.000053');
  await row.getByRole('link').click();

  await expect(page).toHaveURL(new RegExp(`/requests/${id}$`));
  await expect(page.getByRole('heading', { level: 1 })).toContainText('for $0.000053');
  const timeline = page.locator('.timeline li');
  await expect(timeline.filter({ hasText: 'Generate 12 tokens' })).toHaveCount(1);
  const waited = await timeline.filter({ hasText: 'Wait for first token' }).locator('.num').textContent();
  expect(Number.parseFloat(waited ?? '')).toBeGreaterThanOrEqual(40);
  await expect(page.getByText('team=search')).toBeVisible();
  await expect(page.getByText('user=u-7')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'Output' })).toContainText('$0.000048');
  expect(await page.content()).not.toContain('secret question');

  // Back in the list it is found by its ID, and what is no ID is a sentence.
  await page.getByRole('link', { name: 'Requests' }).first().click();
  await page.getByLabel('Find by request ID').fill('x-7');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.getByText('This is no request’s ID').first()).toBeVisible();
  await page.getByLabel('Find by request ID').fill(id);
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page).toHaveURL(new RegExp(`/requests/${id}$`));
});
