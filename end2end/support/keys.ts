import { expect, type Locator, type Page } from '@playwright/test';
import { type Outcome, run } from './exchequer';
import { python } from './python';

/** The key on the page that shows it this once. */
export async function shownKey(page: Page): Promise<string> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Copy your new key now');
  const key = (await page.locator('.secret code').textContent()) ?? '';
  expect(key).toMatch(/^sk-exq-[A-Za-z0-9]{12}_[A-Za-z0-9_-]{49,}$/);
  return key;
}

/** Makes a key in the default project with the form as it comes, but for what `change` does. */
export async function makeKey(
  page: Page,
  org: string,
  name: string,
  change: (form: Locator) => Promise<void> = async () => {},
): Promise<string> {
  await page.goto(`/${org}/keys/new`);
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: 'Make key' }) });
  await form.getByLabel('Name', { exact: true }).fill(name);
  await change(form);
  await form.getByRole('button', { name: 'Make key' }).click();
  return shownKey(page);
}

/** Runs the examples beside a new key as they stand there, in an environment that is the one shown. */
export async function runExamples(page: Page): Promise<Record<'curl' | 'python' | 'node', Outcome>> {
  const text = async (title: string) => {
    const snippet = page.locator('.snip').filter({ has: page.getByText(title, { exact: true }) });
    return (await snippet.locator('pre').textContent()) ?? '';
  };
  const lines = (await text('Environment file')).trim().split('\n');
  const shown = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const options = { cwd: __dirname, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...shown } };
  const [curl, snake, script] = await Promise.all([
    text('First request, for a terminal'),
    text('Python'),
    text('JavaScript'),
  ]);
  return {
    // It brings its environment along.
    curl: await run('bash', ['-c', curl], { ...options, env: { PATH: process.env.PATH, HOME: process.env.HOME } }),
    python: await run(python, ['-c', snake], options),
    node: await run('node', ['--input-type=module', '-e', script], options),
  };
}
