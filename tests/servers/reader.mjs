// What a reader does on a site that a server gives out: the page loaded, a search, and both again when the
// server has gone. In headless Chromium.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { launch } from '../web/page_fixture.mjs';
import { buildSite, QUERY, searchByCommand } from '../web/site_fixture.mjs';

const WAIT_MS = 10_000;

/** @param {import('playwright-core').Browser} browser
 * @param {string[]} wanted  titles of the papers that a search finds */
function createReader(browser, wanted) {
  /** A reader with a browser of their own.
   * @param {(page: import('playwright-core').Page, context: import('playwright-core').BrowserContext) => Promise<void>} visit */
  async function asReader(visit) {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(WAIT_MS);
    try {
      await visit(await context.newPage(), context);
    } finally {
      await context.close();
    }
  }

  /** Until the model is ready, or the page says why not. Then its text and pictures must be right too.
   * @param {import('playwright-core').Page} page */
  async function started(page) {
    const not = page.locator('#problem:not([hidden]), #not-started:not([hidden])');
    await page.locator('#status:not([hidden])').or(not).first().waitFor();
    if (await not.count()) assert.fail((await not.first().textContent()) ?? '');
    assert.equal(await page.title(), 'Who can review this? · refscout');
    assert.ok(
      await page.evaluate(() => document.querySelector('.brand img').naturalWidth > 0),
      'the logo is shown',
    );
  }

  /** @param {import('playwright-core').Page} page */
  async function ask(page) {
    await page.locator('#text').fill(QUERY);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
    assert.deepEqual(await page.locator('#papers h3').allTextContents(), wanted);
  }

  /** Loaded, asked, and once more after the server has gone.
   * @param {string} url
   * @param {() => Promise<void>} stop */
  const keeps = (url, stop) =>
    asReader(async (page) => {
      await page.goto(url);
      await started(page);
      await ask(page);
      await page.locator('#storage-panel summary').click();
      const kept = page.locator('#stored');
      await kept
        .getByText(/Works without a network\s*yes/)
        .waitFor()
        .catch(async () => assert.fail(await kept.textContent()));
      await stop();
      await page.reload();
      await started(page);
      await page.getByText('No network.').waitFor();
      await ask(page);
    });

  return { asReader, started, ask, keeps };
}

/** A site that any server may read, and a reader of it in a browser. The caller closes it. */
export async function openSite() {
  const site = buildSite();
  try {
    chmodSync(site.folder, 0o755); // servers that root starts read it as somebody else
    const found = searchByCommand(site, QUERY).papers.map(({ title }) => title);
    const browser = await launch();
    const close = async () => {
      await browser.close();
      site.remove();
    };
    return { site, reader: createReader(browser, found), close };
  } catch (error) {
    site.remove();
    throw error;
  }
}
