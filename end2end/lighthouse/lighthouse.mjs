// What Lighthouse says of pages, with the settings of a phone: reads a list of {name, url, cookie} as JSON from its
// input, and writes a line of JSON for each. One browser for all, one page after the other.
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

/** Where something is wrong, as far as it is told. */
const place = ({ node, description, source, url }) => [node?.selector, description, source, url].filter(Boolean).join(' ');

const pages = JSON.parse(await text(process.stdin));
const chrome = await launch({
  chromePath: process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-headless-shell'].find((path) => existsSync(path)),
  // It has no sandbox for root; everybody else keeps it.
  chromeFlags: ['--headless=new', '--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
});
try {
  for (const { name, url, cookie } of pages) {
    const options = {
      port: chrome.port,
      logLevel: 'error',
      onlyCategories: CATEGORIES,
      extraHeaders: cookie ? { Cookie: cookie } : undefined,
      disableStorageReset: true,
    };
    const { lhr } = await lighthouse(url, options);
    const score = (category) => Math.round((lhr.categories[category].score ?? 0) * 100);
    const audits = CATEGORIES.flatMap((category) => lhr.categories[category].auditRefs);
    const lost = audits
      .filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 0.9)
      .map(({ id }) => [id, ...(lhr.audits[id].details?.items ?? []).slice(0, 3).map(place)].join(' '));
    const scores = Object.fromEntries(CATEGORIES.map((category) => [category, score(category)]));
    const shift = lhr.audits['cumulative-layout-shift'].numericValue;
    if (shift > 0) lost.push(`moves: ${(lhr.audits['layout-shifts'].details?.items ?? []).map(place).join(', ')}`);
    const { origin } = new URL(url);
    const asked = lhr.audits['network-requests'].details?.items.map((request) => request.url) ?? [];
    const strange = asked.filter((address) => !address.startsWith(`${origin}/`) && !address.startsWith('data:'));
    const shown = lhr.finalDisplayedUrl;
    console.error(`   ${name}: ${Object.values(scores).join(', ')}${lost.length ? ` (${lost.join(', ')})` : ''}`);
    console.log(JSON.stringify({ name, shown, scores, shift, lost, strange, error: lhr.runtimeError?.message }));
  }
} finally {
  chrome.kill();
}
