import { expect, type Page } from '@playwright/test';

/** The address of the receipt that a refusal names. */
export function receiptOf(refusal: string): string {
  return /\/receipts\/[\w-]+/.exec(refusal)?.[0] ?? '';
}

/** Opens a receipt that says who refused; receipts are written once a second. */
export async function openReceipt(page: Page, receipt: string, title: string): Promise<void> {
  await expect
    .poll(async () => {
      await page.goto(receipt);
      return page.getByRole('heading', { level: 1 }).textContent();
    })
    .toBe(title);
}
