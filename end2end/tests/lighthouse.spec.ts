// The numbers that every page is to hold: `make audit`. Prints a table, and fails below them.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { BrowserContext } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { limit } from '../support/limits';
import { doors, inhabit, live, offices, pages, type Shown } from '../support/pages';
import { account, organization } from '../support/people';

const TABLE = join(__dirname, '../out/audit.md');
/** Of a hundred. */
const LEAST = 98;
/** Kilobytes as they are sent to a browser that takes brotli. */
const MOST = { wasm: 100, css: 25 };

/** The names of the pages that are asked for. */
const ONLY = new RegExp(process.env.LIGHTHOUSE_ONLY ?? '');

/** What is not there. */
const REFUSED = ['invitation-over', 'not-found'];

/** What Lighthouse says of a page. */
interface Found {
  name: string;
  shown: string;
  scores: Record<string, number>;
  /** How far things move while the page loads. */
  shift: number;
  /** What points were lost for. */
  lost: string[];
  /** Requests to other hosts. */
  strange: string[];
  error?: string;
}

test('every page holds its numbers', async ({ house, home, page, visit }) => {
  test.setTimeout(3_600_000);
  const lived = await live(house, home);
  const limited = await limit(house, home.id, page.request, lived);
  const more = await inhabit(house, home.id, page.request);
  const operator = await account(house, 'Oda Operator', ['--operator']);
  await organization(house, operator, 'Run & Kept');
  const office = await visit(operator);
  const own = await cookie(page.context());
  const of = (all: Shown[], cookie: string) => all.map(({ name, path }) => ({ name, url: new URL(path, house.url).href, cookie }));
  const all = [
    ...of(doors, ''),
    ...of(pages(home.id, [...lived.pages, ...limited, ...more]), own),
    ...of(offices, await cookie(office.context())),
  ];
  const asked = all.filter(({ name }) => ONLY.test(name));
  // Lighthouse refuses documents that say something else than 200; only what is meant to is left out.
  const answers = await Promise.all(asked.map(({ url, cookie }) => fetch(url, { headers: { cookie }, redirect: 'manual' })));
  const refused = asked.filter((_, place) => answers[place].status !== 200).map(({ name }) => name);
  expect(refused).toEqual(REFUSED.filter((name) => ONLY.test(name)));
  const found = await lighthouse(asked.filter(({ name }) => !refused.includes(name)));

  const sizes = await sent(house.url, own, `/${home.id}/usage`);
  const table = [
    '| page | performance | accessibility | best practices | layout shift | points lost for |',
    '| --- | --- | --- | --- | --- | --- |',
    ...found.map(({ name, scores, shift, lost }) =>
      `| ${[name, ...Object.values(scores), shift.toFixed(3), lost.join(', ')].join(' | ')} |`),
    '',
    ...Object.entries(sizes).map(([kind, size]) => `${kind}: ${(size / 1000).toFixed(1)} kB as brotli`),
  ].join('\n');
  writeFileSync(TABLE, `${table}\n`);
  console.log(table);

  expect(found.length).toBe(asked.length - refused.length);
  for (const { name, shown, scores, shift, lost, strange, error } of found) {
    expect.soft(error, name).toBeUndefined();
    // Else another page was looked at, like the sign-in.
    expect.soft(shown, name).toBe(asked.find((page) => page.name === name)?.url);
    for (const [category, score] of Object.entries(scores)) {
      expect.soft(score, `${name}: ${category} (${lost.join(', ')})`).toBeGreaterThanOrEqual(LEAST);
    }
    expect.soft(shift, `${name} moves`).toBe(0);
    expect.soft(strange, name).toEqual([]);
  }
  expect.soft(sizes.wasm / 1000).toBeLessThanOrEqual(MOST.wasm);
  expect.soft(sizes.css / 1000).toBeLessThanOrEqual(MOST.css);
});

async function cookie(context: BrowserContext): Promise<string> {
  return (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Asks Lighthouse, in a process and with a browser of its own. */
function lighthouse(pages: { name: string; url: string; cookie: string }[]): Promise<Found[]> {
  const child = spawn('node', [join(__dirname, '../lighthouse/lighthouse.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  child.stdin.end(JSON.stringify(pages));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(said.trim().split('\n').map((line) => JSON.parse(line) as Found));
      else reject(new Error(`Lighthouse ended with ${code}`));
    });
  });
}

/** How many bytes of WebAssembly and of style sheets are sent for a page with islands. */
async function sent(url: string, cookie: string, path: string): Promise<{ wasm: number; css: number }> {
  const html = await (await fetch(url + path, { headers: { cookie } })).text();
  const of = async (kind: string) => {
    const files = new Set([...html.matchAll(new RegExp(`(?:href|src)="(/[^"]+\\.${kind}[^"]*)"`, 'g'))].map((found) => found[1]));
    expect(files.size, `${kind} in ${path}`).toBeGreaterThan(0);
    const sizes = await Promise.all([...files].map((file) => size(url + file)));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  return { wasm: await of('wasm'), css: await of('css') };
}

function size(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': 'br' } }, (answer) => {
      expect(answer.headers['content-encoding'], url).toBe('br');
      let bytes = 0;
      answer.on('data', (data: Buffer) => {
        bytes += data.length;
      });
      answer.once('end', () => resolve(bytes));
    }).once('error', reject);
  });
}
