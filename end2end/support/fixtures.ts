import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import { Exchequer } from './exchequer';
import { account, organization, type Person, signIn } from './people';

/** An organization with its owner, whom `page` is signed in as. */
export interface Home {
  id: string;
  name: string;
  owner: Person;
}

interface Fixtures {
  /** What browsers complained about; a test that ends with any has failed. */
  complaints: string[];
  /** Signs `page` in as the owner of an organization of its own. */
  home: Home;
  /** Opens another browser, signed in as that person, or as nobody. */
  visit: (person?: Person) => Promise<Page>;
}

interface Shared {
  /** The program; the tests of one worker share it. */
  house: Exchequer;
}

/** A document's own status is the test's to judge; the browser complains about each that is not 2xx. */
const OF_DOCUMENTS = /^Failed to load resource: the server responded with a status of (400|403|404|409|422)/;

/** Without scripts nothing takes what is loaded ahead for them, which a browser minds when pages are slow. */
const UNUSED = /^The resource \S+\.wasm\S* was preloaded using link preload but not used/;

/** Collects what the browser complains about on any page of the context. */
export async function watch(
  context: BrowserContext,
  complaints: string[],
  scripts: boolean,
): Promise<void> {
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    const isAsset = /\.\w+$/.test(new URL(message.location().url || 'x:/').pathname);
    const isUnused = !scripts && UNUSED.test(message.text());
    const expected = isUnused || (OF_DOCUMENTS.test(message.text()) && !isAsset);
    if (['error', 'warning'].includes(message.type()) && !expected) {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') complaints.push(`another host: ${request.url()}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
}

/** Starts the program, and stops it when its last test is over. */
export const serve = async ({}: object, use: (house: Exchequer) => Promise<void>) => {
  const house = await Exchequer.start();
  await use(house);
  await house.stop();
};

export const test = base.extend<Fixtures, Shared>({
  house: [
    ({}, use) =>
      serve({}, async (house) => {
        // Before there is anybody, every page leads to the set-up.
        await account(house, 'First Operator', ['--operator']);
        await use(house);
      }),
    { scope: 'worker', timeout: 180_000 },
  ],
  baseURL: ({ house }, use) => use(house.url),
  complaints: [
    async ({ context, javaScriptEnabled }, use) => {
      const complaints: string[] = [];
      await watch(context, complaints, javaScriptEnabled);
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
  home: async ({ house, page }, use) => {
    const owner = await account(house, 'Home Owner');
    const name = 'Brackwater Freight';
    const id = await organization(house, owner, name);
    await signIn(page, owner);
    await use({ id, name, owner });
  },
  visit: async ({ browser, complaints, javaScriptEnabled }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (person) => {
      const context = await browser.newContext();
      contexts.push(context);
      await watch(context, complaints, javaScriptEnabled);
      const page = await context.newPage();
      if (person) await signIn(page, person);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export { expect };
