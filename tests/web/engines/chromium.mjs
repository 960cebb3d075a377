// Chromium through Playwright.
import { launch } from '../page_fixture.mjs';

/** @param {string[]} [switches]
 * @returns {Promise<import('../journey.mjs').Browser>} */
export async function openChromium(switches) {
  const browser = await launch(switches);
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  return {
    go: async (url) => {
      await page.goto(url);
    },
    evaluate: (expression) => page.evaluate(expression),
    close: () => browser.close(),
  };
}
