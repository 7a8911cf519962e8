import { type APIRequestContext, expect, type Page } from '@playwright/test';
import type { Exchequer } from './exchequer';

export interface Person {
  name: string;
  email: string;
  password: string;
}

let number = 0;

/** Somebody who has no account yet. */
export function somebody(name: string): Person {
  number += 1;
  const local = name.toLowerCase().replace(/[^a-z]+/g, '.');
  return { name, email: `${local}.${process.pid}.${number}@example.com`, password: 'four odd walnuts rolling' };
}

/** Somebody with an account, whose address is known to be theirs. */
export async function account(house: Exchequer, name: string, flags: string[] = []): Promise<Person> {
  const person = somebody(name);
  const command = ['admin', 'user', 'create', '--email', person.email, '--password-stdin', '--verified'];
  await house.json([...command, ...flags], person.password);
  return { ...person, name: person.email.split('@')[0] };
}

/** An organization of that person; its id. */
export async function organization(house: Exchequer, owner: Person, name: string): Promise<string> {
  const command = ['admin', 'org', 'create', '--name', name, '--owner', owner.email, '--billing'];
  return (await house.json<{ id: string }>(command)).id;
}

/** Signs in without a page, for tests that are about something else. */
export async function signIn(
  { request }: Pick<Page, 'request'>,
  { email, password }: Person,
): Promise<void> {
  await post(request, '/sign-in', { email, password });
}

/** Sends a form without a page. */
export async function post(
  person: APIRequestContext,
  path: string,
  form: Record<string, string>,
  status = 303,
): Promise<void> {
  const answer = await person.post(path, { form, maxRedirects: 0 });
  expect(answer.status(), path).toBe(status);
}

/** Makes somebody with an account a reader: `owner` invites, `guest` accepts. */
export async function enlist(
  house: Exchequer,
  org: string,
  owner: APIRequestContext,
  person: Person,
  guest: APIRequestContext,
): Promise<void> {
  await post(owner, `/${org}/team`, { addresses: person.email, role: 'reader' });
  await post(guest, await house.sink.link(person.email, /invitations/), { action: 'accept' });
}

export async function fillSignIn(page: Page, person: Person): Promise<void> {
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function signOut(page: Page, person: Person): Promise<void> {
  await page.getByRole('button', { name: person.name }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
}
