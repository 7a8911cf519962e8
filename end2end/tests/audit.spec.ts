// What was done stands in the log, and the log can be checked. With scripts and without.

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '../support/fixtures';

test('an owner finds a change in the log, and checks an export of it', async ({ page, house, home }, info) => {
  await page.goto(`/${home.id}/projects`);
  await page.getByLabel('Name', { exact: true }).fill('Search');
  await page.getByRole('button', { name: 'Make project' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Search & find');
  await page.getByRole('button', { name: 'Rename project' }).click();
  await expect(page.getByText('Project saved.')).toBeVisible();
  await page.getByRole('link', { name: 'Audit log', exact: true }).click();
  const entries = page.getByRole('region', { name: 'Audit log' }).locator('tbody > tr:has(> td)');

  await test.step('newest first, by whom and from what to what', async () => {
    const changed = entries.filter({ hasText: 'was changed' }).first();
    await expect(changed).toContainText(home.owner.email);
    await changed.getByText('What was different').click();
    await expect(changed.locator('.diff')).toContainText(/name\s*Search\s*Search & find/);
    await expect(changed).toContainText('127.0.0.1');
  });

  await test.step('a filter leaves what it says', async () => {
    await page.getByText('Filter', { exact: true }).click();
    await page.getByLabel('What', { exact: true }).selectOption({ label: 'Project made' });
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await expect(entries.filter({ hasText: 'was made' }).first()).toBeVisible();
    await expect(entries.filter({ hasText: 'was changed' })).toHaveCount(0);
    await page.getByRole('link', { name: 'Clear filters' }).click();
    await expect(entries.filter({ hasText: 'was changed' })).not.toHaveCount(0);
  });

  await test.step('the export is whole, and is not once a word in it is another', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export as CSV' }).click(),
    ]);
    const file = info.outputPath('audit.csv');
    await download.saveAs(file);
    await page.reload();
    const shown = page.locator('.snip').filter({ hasText: 'The head as of now' }).locator('pre');
    const head = ((await shown.textContent()) ?? '').trim();
    const verify = () => house.run(['audit', 'verify', file, '--head', head]);
    expect(await verify()).toMatchObject({ code: 0 });
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('Search & find', 'Search & hide'));
    expect(await verify()).toMatchObject({ code: 1 });
    writeFileSync(file, text.trimEnd().split('\n').slice(0, -1).join('\n') + '\n');
    expect(await verify(), 'a cut tail').toMatchObject({ code: 1 });
  });
});
