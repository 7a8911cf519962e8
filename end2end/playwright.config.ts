import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// Debian's browser; it has no sandbox for root.
const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
const chromium = {
  executablePath: existsSync(path) ? path : undefined,
  chromiumSandbox: process.getuid?.() !== 0,
  args: [
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--force-color-profile=srgb',
    '--font-render-hinting=none',
  ],
};
const desktop = { viewport: { width: 1280, height: 800 } };

export default defineConfig({
  testDir: './tests',
  outputDir: './out',
  workers: 2,
  retries: 0,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  timeout: 30_000,
  reporter: [['list'], ['./count-reporter.cjs']],
  snapshotPathTemplate: '{testDir}/__snap__/{projectName}/{testFileName}/{arg}{ext}',
  expect: { toHaveScreenshot: { animations: 'disabled', caret: 'hide', maxDiffPixels: 20 } },
  use: {
    browserName: 'chromium',
    baseURL: process.env.EXCHEQUER_PUBLIC_URL,
    trace: 'off',
    video: 'off',
    screenshot: 'off',
    locale: 'en-GB',
    timezoneId: 'UTC',
    launchOptions: chromium,
  },
  projects: [
    { name: 'js', use: desktop },
    { name: 'nojs', use: { ...desktop, javaScriptEnabled: false } },
    {
      name: 'mobile',
      use: {
        viewport: { width: 360, height: 740 },
        deviceScaleFactor: 2,
        isMobile: true,
        hasTouch: true,
      },
    },
    { name: 'dark', use: { ...desktop, colorScheme: 'dark' } },
  ],
});
