import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// Debian's browser; it has no sandbox for root. The shell is the same engine without windows around it,
// which cost more than the pages in them.
const paths = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const chromium = {
  executablePath: process.env.CHROMIUM ?? paths.find((path) => existsSync(path)),
  chromiumSandbox: process.getuid?.() !== 0,
  args: [
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--force-color-profile=srgb',
    '--font-render-hinting=none',
  ],
};
const PHONE = /narrow\.spec/;
/** What is compared with pictures, light and dark. */
const DRAWN = /design\.spec/;
/** Whose pictures the guides show. */
const GUIDES = /pictures\.spec/;
/** What is done on demand, instead of the rest. */
const DEMANDED = /(lighthouse|shots)\.spec/;
const demanded = ['lighthouse', 'shots'].find((name) => process.env[name.toUpperCase()]);
/** What only scripts can do, what compares with and without them itself, or what needs no page. */
const SCRIPTED = /(access|islands|keyboard|looks|rates|wcag)\.spec/;
const APART = [PHONE, DRAWN, GUIDES, DEMANDED];
const desktop = { viewport: { width: 1280, height: 800 } };

export default defineConfig({
  testDir: './tests',
  outputDir: './out/tests',
  workers: 2,
  retries: 0,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // They end what hangs, and judge no speed: a busy machine takes thrice what a free one does.
  timeout: 900_000,
  // Letters are drawn a little differently from one version of the browser to the next.
  expect: { timeout: 30_000, toHaveScreenshot: { maxDiffPixelRatio: 0.02 } },
  snapshotPathTemplate: '{testDir}/{testFileName}.pictures/{arg}-{projectName}{ext}',
  reporter: [['list'], ['./count-reporter.cjs']],
  use: {
    browserName: 'chromium',
    trace: 'off',
    video: 'off',
    screenshot: 'off',
    locale: 'en-GB',
    timezoneId: 'UTC',
    launchOptions: chromium,
    // What is not there after so long does not come any more.
    actionTimeout: 60_000,
    navigationTimeout: 120_000,
    // Pages fade into each other, which takes time and mixes colours.
    contextOptions: { reducedMotion: 'reduce' },
  },
  projects: demanded ? [{ name: demanded, testMatch: new RegExp(`${demanded}\\.spec`) }] : [
    { name: 'js', use: desktop, testIgnore: APART },
    { name: 'nojs', use: { ...desktop, javaScriptEnabled: false }, testIgnore: [...APART, SCRIPTED] },
    { name: 'light', use: desktop, testMatch: DRAWN },
    { name: 'dark', use: { ...desktop, colorScheme: 'dark' }, testMatch: [DRAWN, /keyboard\.spec/] },
    {
      name: 'guides',
      use: { ...desktop, deviceScaleFactor: 2 },
      testMatch: GUIDES,
      // Drawn for screens that have two pixels where others have one; keys and ids differ each time.
      expect: { timeout: 30_000, toHaveScreenshot: { scale: 'device', maxDiffPixelRatio: 0.04 } },
      snapshotPathTemplate: '../docs/guide/pictures/{arg}{ext}',
    },
    {
      name: 'mobile',
      testMatch: PHONE,
      use: {
        viewport: { width: 360, height: 740 },
        deviceScaleFactor: 2,
        isMobile: true,
        hasTouch: true,
      },
    },
  ],
});
