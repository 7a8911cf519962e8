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
// Light and dark are both in the tests of looks; pictures are made on demand.
const PHONE = /narrow\.spec/;
/** What is done on demand, instead of the rest. */
const DEMANDED = /(lighthouse|shots)\.spec/;
const demanded = ['lighthouse', 'shots'].find((name) => process.env[name.toUpperCase()]);
/** What only scripts can do, what compares with and without them itself, or what needs no page. */
const SCRIPTED = /(access|islands|looks|rates)\.spec/;
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
  expect: { timeout: 30_000 },
  reporter: [['list'], ['./count-reporter.cjs']],
  use: {
    browserName: 'chromium',
    trace: 'off',
    video: 'off',
    screenshot: 'off',
    locale: 'en-GB',
    timezoneId: 'UTC',
    launchOptions: chromium,
    // Pages fade into each other, which takes time and mixes colours.
    contextOptions: { reducedMotion: 'reduce' },
  },
  projects: demanded ? [{ name: demanded, testMatch: new RegExp(`${demanded}\\.spec`) }] : [
    { name: 'js', use: desktop, testIgnore: [PHONE, DEMANDED] },
    { name: 'nojs', use: { ...desktop, javaScriptEnabled: false }, testIgnore: [PHONE, DEMANDED, SCRIPTED] },
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
