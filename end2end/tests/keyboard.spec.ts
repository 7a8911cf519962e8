// The main tasks without a pointer, and what the keyboard opens above any page.

import { expect, test } from '../support/fixtures';
import { hidden, tabTo, type } from '../support/focus';
import { shownKey } from '../support/keys';
import { live } from '../support/pages';
import { account, organization, somebody } from '../support/people';

test('five main tasks by keyboard alone', async ({ page, house }) => {
  const ines = await account(house, 'Ines Okafor');
  const org = await organization(house, ines, 'Brackwater Freight');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const open = async (words: string, path: RegExp) => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(words);
    await expect(page.locator('#palette li').first()).toContainText(words);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(path);
  };

  await test.step('sign in', async () => {
    await page.goto('/sign-in');
    await type(page, page.getByLabel('E-mail'), ines.email);
    await type(page, page.getByLabel('Password'), ines.password);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(`/${org}$`));
  });
  await test.step('make a project', async () => {
    await open('New project', /projects#new$/);
    await type(page, page.getByLabel('Name', { exact: true }), 'Support assistant');
    await tabTo(page, button('Make project'));
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Support assistant');
  });
  await test.step('make a key', async () => {
    await open('New key', /keys\/new$/);
    await type(page, page.getByLabel('Name', { exact: true }), 'Chat widget');
    await tabTo(page, button('Make key'));
    await page.keyboard.press('Enter');
    await shownKey(page);
    await tabTo(page, page.getByLabel('I have stored the key'));
    await page.keyboard.press('Space');
    await tabTo(page, button('Done'));
    await page.keyboard.press('Enter');
    await expect(page.getByRole('link', { name: 'Chat widget' })).toBeVisible();
  });
  await test.step('set a budget', async () => {
    await open('Set a budget', /budgets$/);
    await type(page, page.getByLabel('Amount a month, for the whole organization'), '500');
    await tabTo(page, button('Set budget'));
    await page.keyboard.press('Enter');
    await expect(page.locator('.toast')).toContainText('Budget saved.');
  });
  await test.step('invite a colleague', async () => {
    await open('Invite people', /team#invite$/);
    await type(page, page.getByLabel('E-mail addresses'), somebody('Kofi Mensah').email);
    await tabTo(page, button('Send invitations'));
    await page.keyboard.press('Enter');
    await expect(page.locator('.toast')).toContainText('1 invitation sent.');
  });
});

test('the search finds, walks and closes by keyboard', async ({ page, house, home }) => {
  const lived = await live(house, home);
  await page.goto(`/${home.id}/usage`);
  const palette = page.getByRole('dialog', { name: 'Search' });
  const field = palette.getByRole('searchbox');
  await page.keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await expect(palette.getByRole('link', { name: 'New key' })).toBeVisible();
  await page.keyboard.type('widget');
  await expect(palette.getByRole('link')).toHaveText([/^Chat widgetsk-exq-/]);
  await page.keyboard.press('ArrowDown');
  await expect(palette.getByRole('link').first()).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(field).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('nothing is called so');
  await expect(palette).toContainText('Nothing has such a name');
  await page.keyboard.press('Control+a');
  // At once: what was found before is not what is meant.
  await page.keyboard.type('Chat');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/${home.id}/keys/${lived.key}`);

  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await page.keyboard.press('Control+/');
  await expect(help).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
});

test('the first stop of a page leads to its content, and each stop is seen', async ({ page, house, home }) => {
  await live(house, home);
  // Low, so that what stays in place is most in the way.
  await page.setViewportSize({ width: 800, height: 400 });
  for (const path of ['', '/usage', '/keys', '/budgets', '/requests']) {
    await page.goto(`/${home.id}${path}`);
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('#main')).toBeFocused();
    for (let stop = 0; stop < 60; stop += 1) {
      await page.keyboard.press('Tab');
      expect.soft(await hidden(page), path).toBeNull();
    }
  }
});
