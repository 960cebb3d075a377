// Firefox through puppeteer and WebDriver BiDi, which Playwright speaks only with its own builds.
import { existsSync } from 'node:fs';
import { launch } from 'puppeteer-core';

const executablePath = process.env.REFSCOUT_FIREFOX ?? '/usr/bin/firefox-esr';

/** @param {Record<string, unknown>} [settings]  of about:config
 * @returns {Promise<import('../journey.mjs').Browser>} */
export async function openFirefox(settings) {
  if (!existsSync(executablePath)) {
    throw new Error(
      `${executablePath} is not there: install it with tools/setup.sh test (Debian: firefox-esr)`,
    );
  }
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: settings,
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  return {
    go: async (url) => {
      await page.goto(url);
    },
    evaluate: (expression) => page.evaluate(expression),
    close: () => browser.close(),
  };
}
