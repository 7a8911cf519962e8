// From an invitation to a page that no longer opens, with scripts and without.

import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { pick, refused, send } from '../support/forms';
import { answer, SOON } from '../support/gateway';
import { account, enlist, fillSignIn, type Person, somebody } from '../support/people';

const heading = (page: Page): Locator => page.getByRole('heading', { level: 1 });
const OVER = 'This invitation does not work';
const NO_LIST = 'Line 1: “nina” is not an e-mail address of letters a to z, digits and signs.';

/** Fills in the form for who is new and sends it. */
async function join(page: Page, person: Person): Promise<void> {
  await page.getByLabel('Your name').fill(person.name);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Create account and join' }).click();
}

test('people are invited by mail, join, and are told apart', async ({ page, house, home, visit }) => {
  const [nina, ruth] = [somebody('Nina Newcomer'), somebody('Ruth Revoked')];
  const finn = await account(house, 'Finn Friend');
  const team = `/${home.id}/team`;
  const invited = page.getByRole('region', { name: 'Invitations' });

  await test.step('three invitations leave, each once', async () => {
    await page.goto(`/${home.id}`);
    await page.getByRole('link', { name: 'Team', exact: true }).click();
    await refused(page, 'Send invitations', [
      { field: 'E-mail addresses', value: 'nina', says: NO_LIST },
    ]);
    const addresses = [nina, finn, ruth].map(({ email }) => email).join('\n');
    await send(page, 'Send invitations', [{ field: 'E-mail addresses', value: addresses }]);
    await expect(page.getByText('3 invitations sent.')).toBeVisible();
    await expect(invited.getByRole('rowheader')).toHaveCount(3);
    await page.goto(team);
    await send(page, 'Send invitations', [{ field: 'E-mail addresses', value: nina.email }]);
    await expect(page.getByRole('alert')).toContainText(`${nina.email} is invited already`);
  });

  const letter = (person: Person) => house.sink.link(person.email, /invitations/);
  let link = await letter(nina);

  await test.step('a link is sent anew, another revoked', async () => {
    await page.goto(`${team}?show=invited`);
    await invited.getByRole('link', { name: nina.email }).click();
    await expect(page.locator('.secret code')).toContainText(`${house.url}/invitations/`);
    await page.getByRole('button', { name: 'Send again with a new link' }).click();
    await expect(page.getByText('Invitation sent again')).toBeVisible();
    await expect.poll(() => letter(nina)).not.toBe(link);
    const [old, ruths] = [link, await letter(ruth)];
    link = await letter(nina);
    await invited.getByRole('link', { name: ruth.email }).click();
    await page.getByRole('button', { name: 'Revoke invitation' }).click();
    await expect(page.getByText('Invitation revoked')).toBeVisible();
    for (const gone of [old, ruths]) {
      expect((await page.goto(gone))?.status()).toBe(404);
      await expect(heading(page)).toHaveText(OVER);
    }
  });

  await test.step('it is for the invited address alone', async () => {
    await page.goto(link);
    await expect(page.getByText('This invitation is for another address.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Join', exact: true })).toHaveCount(0);
  });

  await test.step('who is new makes an account, once', async () => {
    const browser = await visit();
    await browser.goto(link);
    await expect(heading(browser)).toHaveText(`Join ${home.name}`);
    await refused(browser, 'Create account and join', [
      { field: 'Your name', value: nina.name },
      { field: 'Password', value: 'short', says: 'A password needs at least 8 characters.', secret: true },
    ]);
    await join(browser, nina);
    await expect(browser).toHaveURL(`/${home.id}`);
    await browser.goto(link);
    await expect(heading(browser)).toHaveText(OVER);
  });

  await test.step('who has an account signs in and joins', async () => {
    const browser = await visit();
    await browser.goto(await letter(finn));
    await browser.getByRole('link', { name: 'Sign in and join' }).click();
    await fillSignIn(browser, finn);
    await browser.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(browser).toHaveURL(`/${home.id}`);
  });

  await test.step('the list finds them by name, address and role', async () => {
    await page.goto(team);
    const people = page.getByRole('region', { name: 'Members' }).getByRole('rowheader');
    await expect(people).toHaveCount(3);
    await page.getByRole('searchbox').fill(nina.email.toUpperCase());
    await page.getByRole('searchbox').press('Enter');
    await expect(people).toHaveText([new RegExp(nina.name)]);
    await page.goto(team);
    const roles = page.getByRole('navigation', { name: 'Role' });
    await roles.getByRole('link', { name: 'Owners' }).click();
    await expect(people).toHaveText([new RegExp(home.owner.email)]);
    await roles.getByRole('link', { name: 'Readers' }).click();
    await expect(people).toHaveCount(2);
  });
});

test('a member’s role and leave are felt at the next click', async ({ page, house, home, visit }) => {
  const team = `/${home.id}/team`;
  const nina = await account(house, 'Nina Member');
  const hers = await visit(nina);
  let secret = '';

  await test.step('a reader joins, sees the team and owns a project', async () => {
    await enlist(house, home.id, page.request, nina, hers.request);
    await hers.goto(`/${home.id}/projects`);
    await hers.getByLabel('Name', { exact: true }).fill('Experiments');
    await hers.getByRole('button', { name: 'Make project' }).click();
    await hers.getByRole('link', { name: 'New key' }).click();
    await hers.getByLabel('Name', { exact: true }).fill('Notebook');
    await hers.getByRole('button', { name: 'Make key' }).click();
    secret = (await hers.locator('.secret code').textContent()) ?? '';
    expect(await answer(house, secret)).toBe('200 answered');
    await hers.goto(team);
    await expect(hers.getByRole('button', { name: 'Send invitations' })).toHaveCount(0);
    await expect(hers.getByRole('link', { name: 'Billing', exact: true })).toHaveCount(0);
  });

  const choose = async (role: string) => {
    await page.goto(team);
    await page.getByRole('link', { name: nina.name }).click();
    await pick(page, role).check();
    await page.getByRole('button', { name: 'Change role' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
  };

  await test.step('made an owner, the open page has more', async () => {
    await choose('Owner');
    await hers.getByRole('link', { name: 'Team', exact: true }).click();
    await expect(hers.getByRole('button', { name: 'Send invitations' })).toBeVisible();
    await expect(hers.getByRole('link', { name: 'Billing', exact: true })).toBeVisible();
  });

  await test.step('a reader again, the open form is refused', async () => {
    await choose('Reader');
    const uninvited = somebody('Uma Uninvited');
    await hers.getByLabel('E-mail addresses').fill(uninvited.email);
    const [refusal] = await Promise.all([
      hers.waitForResponse((response) => response.request().method() === 'POST'),
      hers.getByRole('button', { name: 'Send invitations' }).click(),
    ]);
    expect(refusal.status()).toBe(403);
    await page.goto(`${team}?show=invited`);
    await expect(page.getByText(uninvited.email)).toHaveCount(0);
  });

  await test.step('removed, neither page nor key works', async () => {
    await hers.goto(team);
    await page.goto(team);
    await page.getByRole('link', { name: nina.name }).click();
    await page.getByRole('link', { name: 'Remove member' }).click();
    const keys = page.getByRole('region', { name: 'Keys' });
    await expect(keys.getByRole('rowheader')).toHaveText([/Notebook/]);
    await page.getByRole('button', { name: 'Remove member' }).click();
    await expect(page.getByText('Member removed.')).toBeVisible();
    await expect.poll(() => answer(house, secret), SOON).toBe('401 invalid_api_key');
    const [next] = await Promise.all([
      hers.waitForResponse((response) => response.request().isNavigationRequest()),
      hers.getByRole('link', { name: 'Usage', exact: true }).click(),
    ]);
    expect(next.status()).toBe(404);
    await expect(hers.getByText(home.name)).toHaveCount(0);
    await hers.goto('/');
    await expect(hers).toHaveURL('/organizations/new');
  });

  await test.step('the last owner stays', async () => {
    await page.goto(team);
    await page.getByRole('link', { name: 'Leave organization' }).click();
    await expect(page.getByText('This is the only owner.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Leave organization' })).toHaveCount(0);
    await page.goto(team);
    await expect(page.getByRole('region', { name: 'Members' }).getByRole('rowheader')).toHaveCount(1);
  });
});
