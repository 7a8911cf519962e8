// The operator's price book: a table is sent, looked at, and taken over. With scripts and without.

import { expect, test } from '../support/fixtures';
import { account } from '../support/people';

const TABLE = [
  'provider,model,service_tier,from_tokens,input,cached,output',
  'acme,acme-large,default,0,1,,2',
  'acme,acme-dear,default,0,0.0000025,,0.00001',
].join('\n');

test('a table of prices is sent, reviewed and taken over', async ({ house, visit }) => {
  const page = await visit(await account(house, 'Oda Operator', ['--operator']));
  await page.goto('/operator/prices');
  await page.getByRole('link', { name: /Import/ }).click();
  const send = async (name: string, text: string) => {
    await page.getByLabel('File', { exact: true }).setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Review' }).click();
  };
  await page.getByRole('button', { name: 'Review' }).click();
  await expect(page.getByRole('alert')).toContainText('Choose a file, or paste a table below.');
  await send('broken.csv', 'provider,model,input,output\nacme,acme-large,1,x');
  await expect(page.getByRole('alert')).toContainText('Line 2');
  await send('prices.csv', TABLE);
  const row = (model: string) => page.getByRole('row').filter({ hasText: model });
  await expect(row('acme-large').getByRole('checkbox')).toBeChecked();
  await expect(row('acme-dear').getByRole('checkbox'), 'looks like a mistake').not.toBeChecked();
  await expect(row('acme-dear')).toContainText('per token instead of per 1M?');
  await page.getByRole('button', { name: 'Add the ticked prices' }).click();
  await expect(page.getByRole('status')).toContainText('1 version added.');
  await page.goto('/operator/prices?search=acme');
  await expect(row('acme-large')).toContainText('$2.00');
  await expect(row('acme-dear')).toHaveCount(0);
});
