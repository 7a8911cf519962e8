import { type APIRequestContext, expect } from '@playwright/test';
import type { Exchequer } from './exchequer';
import { dime } from './gateway';
import type { Lived, Shown } from './pages';
import { post } from './people';
import { receiptOf } from './receipts';

/** A limit is in force with the next batch and a new look at the key, on a busy machine some seconds later. */
const LATER = { timeout: 60_000 };

/** In an hour, as a field of day and time has it; the organization's zone is UTC. */
const hence = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16);

/**
 * Budgets of every scope and window, a raise, thresholds with addresses, an observed budget, guards, own
 * rates and prices; a refusal by each of these; and the pages of them all.
 */
export async function limit(
  house: Exchequer,
  org: string,
  owner: APIRequestContext,
  lived: Pick<Lived, 'project' | 'key' | 'secret'>,
): Promise<Shown[]> {
  const { project, key, secret } = lived;
  const set = (form: Record<string, string>) => post(owner, `/${org}/budgets`, form);
  const receipts: Shown[] = [];
  const refusal = async (name: string, atOnce = 1) => {
    let found = '';
    // One that runs at once with others takes so long that they meet, whoever comes first.
    const headers: Record<string, string> = atOnce > 1 ? { 'x-exchequer-sandbox': 'delay_ms=2000' } : {};
    const ask = async () => receiptOf(await (await dime(house, secret, headers)).text());
    await expect
      .poll(async () => {
        const answers = await Promise.all(Array.from({ length: atOnce }, ask));
        found = answers.find((receipt) => receipt !== '') ?? '';
        return found;
      }, LATER)
      .not.toBe('');
    receipts.push({ name: `receipt-${name}`, path: found });
  };
  // The organization's month is spent: a raise lets requests pass again.
  await set({ action: 'raise', scope: org, window: 'month', raise_amount: '20', until: hence(5), reason: 'Launch week' });
  await set({ action: 'raise', scope: org, window: 'month', raise_amount: '9', from: hence(24), until: hence(48), reason: 'The week after' });
  await set({ action: 'add-threshold', scope: org, window: 'month', level: '90', unit: 'percent', addresses: 'finance@example.com' });
  await set({ action: 'set-budget', scope: org, window: 'day', amount: '50' });
  await set({ action: 'set-budget', scope: project, window: 'week', amount: '7.50' });
  await set({ action: 'set-budget', scope: key, window: 'week', amount: '0.05', observe: 'on' });
  // Or the refusal that is waited for is one of the limit before.
  const passes = () => expect.poll(async () => (await dime(house, secret)).status, LATER).toBe(200);
  await passes();
  await set({ action: 'set-budget', scope: project, window: 'day', amount: '0.30' });
  await refusal('project');
  await set({ action: 'set-budget', scope: project, window: 'day', amount: '30' });
  await passes();
  await set({ action: 'set-budget', scope: key, window: 'day', amount: '0.20' });
  await refusal('key');
  await set({ action: 'set-budget', scope: key, window: 'day', amount: '25' });
  await passes();

  const rates = `/${org}/projects/${project}/limits`;
  await post(owner, rates, { action: 'save', model: 'sandbox-dime', requests_per_day: '1' });
  await refusal('rate');
  await post(owner, rates, { action: 'save', model: 'sandbox-dime', requests_per_minute: '100', tokens_per_day: '1000000' });
  const guards = (form: Record<string, string>) => post(owner, `/${org}/keys/${key}`, { action: 'guards', ...form });
  await passes();
  await guards({ max_request: '0.05', max_running: '' });
  await refusal('request');
  await guards({ max_request: '5', max_running: '1' });
  await passes();
  await refusal('running', 2);
  await post(owner, `/${org}/prices`, { model: 'gpt-4o', input: '3', output: '12', from: '' });
  // From here on every request is refused.
  await set({ action: 'set-budget', scope: project, window: 'month', amount: '0.10' });
  const budget = (scope: string, window: string) => `/${org}/budgets?scope=${scope}&window=${window}`;
  return [
    ...receipts,
    { name: 'budget-day', path: budget(org, 'day') },
    { name: 'budget-project-day', path: budget(project, 'day') },
    { name: 'budget-project-week', path: budget(project, 'week') },
    { name: 'budget-key-day', path: budget(key, 'day') },
    { name: 'budget-observed', path: budget(key, 'week') },
    { name: 'budget-reached', path: budget(project, 'month') },
    { name: 'budget-none', path: budget(key, 'month') },
    { name: 'own-price', path: `/${org}/prices?model=gpt-4o` },
  ];
}
