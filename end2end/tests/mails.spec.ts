// What an alert shows, and how somebody who is no owner has it stopped.

import { expect, test } from '../support/fixtures';
import { dime, SOON } from '../support/gateway';
import { live } from '../support/pages';

const LISTED = 'cfo@example.com';

test('an alert shows its picture, and one click stops it', async ({ browser, page, house, home }) => {
  const threshold = async (amount: string) => {
    await page.goto(`/${home.id}/budgets`);
    await page.getByLabel('Notify at').fill(amount);
    await page.getByLabel('Of what').selectOption('usd');
    await page.getByLabel('Mail also to').fill(LISTED);
    await page.getByRole('button', { name: 'Add threshold' }).click();
    await expect(page.getByText('Threshold added.')).toBeVisible();
  };
  await threshold('0.15');
  const { secret } = await live(house, home);
  await expect.poll(() => house.sink.to(LISTED).length, SOON).toBe(1);

  const [mail] = house.sink.to(LISTED);
  expect(mail.text).toContain('Spend by day: highest $');
  expect(mail.text).toMatch(/Spent most +Support assistant \$0\.\d\d/);
  expect(Object.keys(mail.pictures)).toEqual(['spend']);
  // Not in the product's own page, whose rules allow no styles of mails.
  const reader = await browser.newPage();
  await reader.setContent(mail.html.replace('cid:spend', mail.pictures.spend));
  const picture = reader.locator('img[width="544"]');
  const size = () => picture.evaluate((it: HTMLImageElement) => [it.naturalWidth, it.naturalHeight]);
  await expect.poll(size, 'the picture opens').toEqual([1088, 240]);
  await reader.close();
  for (const own of house.sink.to(home.owner.email)) {
    expect([own.unsubscribe, own.text.includes('Stop these mails')], own.subject).toEqual([null, false]);
  }

  // As mail programs do it, without a session and without looking.
  expect(mail.unsubscribe_by).toBe('List-Unsubscribe=One-Click');
  const link = mail.unsubscribe?.match(/^<(.*)>$/)?.[1] ?? '';
  expect(mail.text).toContain(link);
  const stopped = await fetch(link, {
    method: 'POST',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  });
  expect(stopped.status).toBe(200);

  await page.goto(`/${home.id}/budgets`);
  await page.getByLabel('Amount a month').fill('2');
  await page.getByRole('button', { name: 'Save budget' }).click();
  await threshold('0.55');
  await expect.poll(async () => (await dime(house, secret)).status, SOON).toBe(200);
  await dime(house, secret);
  const crossed = () => house.sink.to(home.owner.email).filter((it) => it.subject.includes('$0.55'));
  await expect.poll(() => crossed().length, SOON).toBe(1);
  await expect.poll(() => house.waiting(), SOON).toBe(0);
  expect(house.sink.to(LISTED).length).toBe(1);
  await page.goto(`/${home.id}/alerts`);
  await expect(page.getByText('Not sent, stopped by the recipient')).toBeVisible();

  await page.goto(new URL(link).pathname);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('These mails are stopped');
  await page.getByRole('button', { name: 'Get them again' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Stop these mails');
});
