import { expect } from '@playwright/test';
import type { Exchequer } from './exchequer';
import type { Home } from './fixtures';

/** A page of the dashboard: what it is called in a test, and its path. */
export interface Shown {
  name: string;
  path: string;
}

/** Pages of somebody who is not signed in. */
export const doors: Shown[] = [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'sign-up', path: '/sign-up' },
  { name: 'reset', path: '/reset/not-a-token' },
  { name: 'forgot', path: '/forgot' },
  { name: 'check-mail', path: '/forgot?sent' },
  { name: 'verify', path: '/verify/not-a-token' },
  { name: 'not-found', path: '/nowhere' },
];

/** Pages of an organization. */
export const rooms = [
  'overview',
  'usage',
  'budgets',
  'alerts',
  'projects',
  'keys',
  'keys/new',
  'billing',
  'settings',
] as const;

/** All pages of somebody who is signed in; `more` are of things that only that organization has. */
export function pages(org: string, more: Shown[] = []): Shown[] {
  const own = rooms.map((room) => ({
    name: room.replace('/', '-'),
    path: room === 'overview' ? `/${org}` : `/${org}/${room}`,
  }));
  const personal = [
    { name: 'account', path: '/account' },
    { name: 'account-email', path: '/account/email' },
    { name: 'account-second-factor', path: '/account/second-factor' },
    { name: 'account-delete', path: '/account/delete' },
    { name: 'organizations-new', path: '/organizations/new' },
  ];
  return [...own, ...personal, ...more];
}

/** What there is in a home that is lived in. */
export interface Lived {
  project: string;
  key: string;
  secret: string;
  /** The page of the refusal that the fifth request met. */
  receipt: string;
  /** The pages of these. */
  pages: Shown[];
}

/** A project, a key, four requests and a budget that refused a fifth, so that no page is empty. */
export async function live(house: Exchequer, home: Pick<Home, 'id'>): Promise<Lived> {
  const json = <T>(...command: string[]) => house.json<T>(['admin', ...command]);
  const project = await json<{ id: string }>(
    'project', 'create', '--org', home.id, '--name', 'Support assistant', '--environment', 'production',
  );
  const key = await json<{ id: string; secret: string }>(
    'key', 'create', '--project', project.id, '--name', 'Chat widget',
  );
  await json('budget', 'set', '--scope', home.id, '--window', 'month', '--usd', '0.40');
  await json('threshold', 'set', '--scope', home.id, '--percent', '50');
  for (let number = 0; number < 4; number += 1) expect((await dime(house, key.secret)).status).toBe(200);
  const refusal = await dime(house, key.secret);
  expect(refusal.status).toBe(429);
  const receipt = new URL((await refusal.json()).error.limit.receipt).pathname;
  await settled(house, home.id);
  return {
    project: project.id,
    key: key.id,
    secret: key.secret,
    receipt,
    pages: [
      { name: 'project', path: `/${home.id}/projects/${project.id}` },
      { name: 'revoke', path: `/${home.id}/keys/${key.id}/revoke` },
      { name: 'receipt', path: receipt },
    ],
  };
}

/** Refusals are written once a second, and mails sent as often. */
async function settled(house: Exchequer, scope: string): Promise<void> {
  const refused = async () => {
    const usage = await house.json<{ refused: number }>(['admin', 'usage', '--scope', scope]);
    return usage.refused;
  };
  await expect.poll(refused).toBe(1);
  await expect.poll(() => house.waiting()).toBe(0);
}

/** A request that costs ten cents, without any client. */
export async function dime(house: Exchequer, secret: string): Promise<Response> {
  return fetch(`${house.base}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox-dime', messages: [{ role: 'user', content: 'Hello' }] }),
  });
}
