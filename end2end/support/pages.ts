import { type APIRequestContext, expect, request } from '@playwright/test';
import type { Exchequer } from './exchequer';
import type { Home } from './fixtures';
import { dime } from './gateway';
import { account, enlist, post, signIn, somebody } from './people';

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
  { name: 'invitation-over', path: '/invitations/not-a-token' },
  { name: 'not-found', path: '/nowhere' },
  { name: 'docs', path: '/docs' },
  { name: 'docs-search', path: '/docs?q=refused' },
  { name: 'docs-refusals', path: '/docs/refusals' },
  { name: 'docs-ledger', path: '/docs/reference/ledger' },
];

/** Pages of an organization. */
export const rooms = [
  'overview',
  'usage',
  'usage?range=today&and=model&sum=yes',
  'usage?by=tag:feature&and=model',
  'usage?by=model&shape=multiples',
  'exports',
  'requests',
  'requests?outcome=refused',
  'latency',
  'budgets',
  'limits',
  'prices',
  'estimator',
  'playground',
  'advisor',
  'alerts',
  'reports',
  'projects',
  'keys',
  'keys/new',
  'keys/import',
  'keys/personal',
  'service-accounts',
  'team',
  'team?show=invited',
  'team/leave',
  'billing',
  'corrections',
  'statements',
  'admin-keys',
  'admin-keys/new',
  'audit',
  'settings',
  'settings/close',
  'search?q=key',
  'search?q=no-such-thing',
] as const;

/** Pages of who runs the installation. */
export const offices: Shown[] = [
  { name: 'operator', path: '/operator' },
  { name: 'operator-tiers', path: '/operator/tiers' },
  { name: 'operator-tier', path: '/operator/tiers/2' },
  { name: 'operator-prices', path: '/operator/prices' },
  { name: 'operator-prices-import', path: '/operator/prices/import' },
  { name: 'operator-jobs', path: '/operator/jobs' },
  { name: 'operator-job', path: '/operator/jobs?job=sweep' },
  { name: 'operator-users', path: '/operator/users' },
  { name: 'operator-outbox', path: '/operator/outbox' },
  { name: 'operator-retention', path: '/operator/retention' },
  { name: 'operator-installation', path: '/operator/installation' },
  { name: 'design', path: '/design' },
];

/** All pages of somebody who is signed in; `more` are of things that only that organization has. */
export function pages(org: string, more: Shown[] = []): Shown[] {
  const own = rooms.map((room) => ({
    name: room.replace(/\W/g, '-'),
    path: room === 'overview' ? `/${org}` : `/${org}/${room}`,
  }));
  const personal = [
    { name: 'account', path: '/account' },
    { name: 'account-email', path: '/account/email' },
    { name: 'account-second-factor', path: '/account/second-factor' },
    { name: 'account-delete', path: '/account/delete' },
    { name: 'account-keys', path: '/account/keys' },
    { name: 'organizations-new', path: '/organizations/new' },
    { name: 'help', path: '/docs' },
    { name: 'help-first-request', path: '/docs/first-request' },
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
  /** The page of the last request that was answered. */
  request: string;
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
  let request = '';
  for (let number = 0; number < 4; number += 1) {
    const answer = await dime(house, key.secret);
    expect(answer.status).toBe(200);
    request = `/requests/${answer.headers.get('x-request-id')}`;
  }
  const refusal = await dime(house, key.secret);
  expect(refusal.status).toBe(429);
  const receipt = new URL((await refusal.json()).error.limit.receipt).pathname;
  await settled(house, home.id);
  const [room, door] = [`/${home.id}/projects/${project.id}`, `/${home.id}/keys/${key.id}`];
  return {
    project: project.id,
    key: key.id,
    secret: key.secret,
    receipt,
    request,
    pages: [
      { name: 'project', path: room },
      { name: 'project-members', path: `${room}/members` },
      { name: 'project-models', path: `${room}/models` },
      { name: 'project-limits', path: `${room}/limits?model=sandbox-dime` },
      { name: 'project-archive', path: `${room}/archive` },
      { name: 'key', path: door },
      { name: 'rotate', path: `${door}/rotate` },
      { name: 'revoke', path: `${door}/revoke` },
      { name: 'receipt', path: receipt },
      { name: 'request', path: request },
    ],
  };
}

/** A member, an invitation, a service account, keys of other kinds; and the pages of these. */
export async function inhabit(
  house: Exchequer,
  org: string,
  owner: APIRequestContext,
): Promise<Shown[]> {
  const mia = await account(house, 'Mia Member');
  const guest = await request.newContext({ baseURL: house.url });
  await signIn({ request: guest }, mia);
  await enlist(house, org, owner, mia, guest);
  const key = { permissions: 'all', expires: '90', tracked: 'yes' };
  await post(guest, `/${org}/projects`, { name: 'Mia’s trials', environment: 'development' });
  const trials = (await found(guest, `/${org}/keys/new`, /value="(proj_\w+)"/))[0];
  await post(guest, `/${org}/keys/new`, { ...key, project: trials, name: 'Trial', owner: 'me' }, 200);
  await guest.dispose();
  const waits = somebody('Wim Waits');
  await post(owner, `/${org}/team`, { addresses: waits.email, role: 'reader' });
  const project = (await found(owner, `/${org}/keys/new`, /value="(proj_\w+)"/))[0];
  const robot = { ...key, project, name: 'Nightly import', owner: 'service', account_name: 'importer' };
  await post(owner, `/${org}/keys/new`, robot, 200);
  await post(owner, '/account/keys', { name: 'My notebook', expires: '90' }, 200);
  await post(owner, `/${org}/admin-keys/new`, { name: 'Directory', expires: '90' }, 200);
  await written(owner, org);
  const here = (path: string) => new RegExp(`href="(/${org}/${path})"`);
  const at = async (page: string, link: RegExp) => (await found(owner, page, link))[0];
  const member = await at(`/${org}/team?role=reader`, here('team/user-[\\w-]+'));
  return [
    { name: 'member', path: member },
    { name: 'member-remove', path: `${member}/remove` },
    { name: 'invitation', path: await at(`/${org}/team?show=invited`, here('team/invitations/[\\w-]+')) },
    { name: 'invited', path: await house.sink.link(waits.email, /invitations/) },
    { name: 'statement', path: await at(`/${org}/statements`, here('statements/[\\d-]+')) },
    { name: 'service-account', path: await at(`/${org}/service-accounts`, here('service-accounts/[\\w-]+')) },
    { name: 'admin-key-revoke', path: await at(`/${org}/admin-keys`, here('admin-keys/[\\w-]+/revoke')) },
    { name: 'account-key', path: await at('/account/keys', /href="(\/account\/keys\/[\w-]+)"/) },
  ];
}

/** Has a file written. */
export async function written(person: APIRequestContext, org: string, query = 'range=30d'): Promise<void> {
  await post(person, `/${org}/exports`, { deed: 'ask', query });
  const page = async () => (await person.get(`/${org}/exports`)).text();
  await expect.poll(page, { timeout: 60_000 }).toContain('Download');
}

/** What stands on a page in a place like that; at least once. */
async function found(owner: APIRequestContext, path: string, place: RegExp): Promise<string[]> {
  const html = await (await owner.get(path)).text();
  const all = [...html.matchAll(new RegExp(place, 'g'))].map((match) => match[1]);
  expect(all.length, `${place} on ${path}`).toBeGreaterThan(0);
  return all;
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
