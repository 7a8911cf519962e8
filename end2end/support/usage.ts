import { expect, type Locator, type Page } from '@playwright/test';
import { dollars, pico } from './money';
import type { Used } from './sandbox';

/** The exact values behind what is shown. */
const exact = (cells: Locator) =>
  cells.evaluateAll((all) => all.map((one) => one.getAttribute('value') ?? ''));

/** Asserts that tables and chart of a usage page are these numbers, and that they add up. */
export async function expectUsage(page: Page, org: string, used: Used): Promise<void> {
  await page.goto(`/${org}/usage`);
  const groups = page.getByRole('region', { name: 'Usage by project' });
  const total = await exact(groups.locator('tfoot data'));
  const [requests, input, cached, output, charge] = total;
  expect({ requests, input, cached, output }).toEqual({
    requests: String(used.requests),
    input: String(used.input),
    cached: '0',
    output: String(used.output),
  });
  expect(pico(charge)).toBe(used.charge);

  let sum = 0n;
  for (const row of await groups.locator('tbody tr').all()) {
    sum += pico((await exact(row.locator('data'))).at(-1) ?? '');
  }
  expect(sum).toBe(used.charge);

  await expectDays(page, (text) => pico(text), used.charge, dollars(used.charge));
  const tokens = BigInt(used.input + used.output);
  const measures = page.getByRole('navigation', { name: 'Measure' });
  await measures.getByRole('link', { name: 'Tokens' }).click();
  await expectDays(page, BigInt, tokens, tokens.toLocaleString('en-US'));
  await measures.getByRole('link', { name: 'Requests' }).click();
  await expectDays(page, BigInt, BigInt(used.requests), String(used.requests));
}

/** The table by day sums up to the whole, and the chart's only bar says the same. */
async function expectDays(
  page: Page,
  read: (text: string) => bigint,
  whole: bigint,
  words: string,
): Promise<void> {
  const table = page.getByRole('region', { name: 'Usage by day' });
  await expect(async () => {
    let sum = 0n;
    for (const row of await table.locator('tbody tr').all()) {
      sum += read((await exact(row.locator('data'))).at(0) ?? '');
    }
    expect(sum).toBe(whole);
    const foot = await exact(table.locator('tfoot data'));
    expect(read(foot.at(0) ?? '')).toBe(whole);
    const bars = await page.locator('.plot svg[role] title').allTextContents();
    const amounts = bars.map((bar) => bar.split(': ')[1]).filter((text) => !/^\$?0(\.00)?$/.test(text));
    expect(amounts).toEqual([words]);
  }).toPass({ timeout: 30_000 });
}
