import { expect, type Locator, type Page } from '@playwright/test';

/** A field by its label, what is put into it, and the sentence that is to be said about it. */
export interface Entry {
  field: string;
  value: string;
  says?: string;
  /** A password is never sent back. */
  secret?: boolean;
}

export const EMPTY = 'This can’t be empty.';
export const TOO_LONG = 'This is too long: at most 100 characters.';
export const CONTROL = 'This can’t contain line breaks or control characters.';
export const NO_ADDRESS = 'This is not an e-mail address: it should look like name@example.com.';

/** The field of the form that `button` sends. */
function fieldOf(form: Locator, label: string): Locator {
  return form.getByLabel(label, { exact: true });
}

/** Puts values into a form as they are, past what the browser itself would object to, and sends it. */
export async function send(page: Page, button: string, entries: Entry[]): Promise<Locator> {
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: button, exact: true }) });
  await form.evaluate((element) => ((element as HTMLFormElement).noValidate = true));
  for (const { field, value } of entries) {
    await fieldOf(form, field).evaluate((element, text) => {
      (element as HTMLInputElement).value = text;
    }, value);
  }
  const document = (url: URL) => url.origin === new URL(page.url()).origin;
  await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === 'POST' && document(new URL(answer.url()))),
    form.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return form;
}

/** Sends a form and asserts what is said of each field, and that what was typed is still there. */
export async function refused(page: Page, button: string, entries: Entry[]): Promise<void> {
  const form = await send(page, button, entries);
  const wrong = entries.filter((entry) => entry.says);
  const alert = page.getByRole('alert');
  await expect(alert.getByRole('listitem')).toHaveText(wrong.map((entry) => entry.says ?? ''));
  for (const { field, value, says, secret } of entries) {
    const input = fieldOf(form, field);
    await expect.soft(input, field).toHaveValue(secret ? '' : value);
    if (!says) {
      await expect.soft(input, field).not.toHaveAttribute('aria-invalid');
      continue;
    }
    await expect.soft(input, field).toHaveAttribute('aria-invalid', 'true');
    await expect.soft(input, field).toHaveAccessibleDescription(new RegExp(`^${escaped(says)}`));
    // The summary leads to the field.
    const link = alert.getByRole('link', { name: says, exact: true });
    const leads = await link.evaluateAll((links) => links.map((one) => one.getAttribute('href')));
    expect.soft(leads, field).toContain(`#${await input.getAttribute('id')}`);
  }
}

/** One of several knobs, or a box to tick, by the words that it begins with; help follows them. */
export const pick = (within: Page | Locator, words: string): Locator =>
  within.locator('label.pick').filter({ hasText: new RegExp(`^${escaped(words)}`) }).locator('input');

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
