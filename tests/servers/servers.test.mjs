// The site on the static servers that people have, each as a newcomer starts it (servers.mjs): at the root,
// below a path, and called without the path's last slash. In headless Chromium.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../web/page_fixture.mjs';
import { buildSite, QUERY, searchByCommand } from '../web/site_fixture.mjs';
import { SERVERS, start } from './servers.mjs';

const PREFIX = 'some/prefix';
const WAIT_MS = 10_000;

let site, below, browser, wanted;
before(async () => {
  site = buildSite();
  chmodSync(site.folder, 0o755); // servers that root starts read it as somebody else
  below = path.join(site.folder, 'below');
  mkdirSync(path.join(below, 'some'), { recursive: true });
  cpSync(site.dir, path.join(below, PREFIX), { recursive: true });
  wanted = searchByCommand(site, QUERY).papers.map((paper) => paper.title);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  site?.remove();
});

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

/** As people type and link it.
 * @param {string} url  a folder's, without its last slash */
async function isReached(url) {
  await asReader(async (page) => {
    await page.goto(url);
    await started(page);
    await ask(page);
  });
  await asReader(async (page) => {
    await page.goto(`${url}/index.html`);
    await started(page);
  });
}

for (const server of SERVERS) {
  const version = server.version();
  const skip = version === '' && `there is no ${server.name} on this machine`;
  test(`${server.name} ${version}`, { skip }, async (t) => {
    for (const [name, dir, run] of /** @type {const} */ ([
      ['at the root', site.dir, (url, stop) => keeps(url, stop)],
      ['below a path', below, (url, stop) => keeps(`${url}${PREFIX}/`, stop)],
      ['without the last slash', below, (url) => isReached(`${url}${PREFIX}`)],
    ])) {
      await t.test(name, async () => {
        const { url, stop } = await start(server, dir);
        try {
          await run(url, stop);
        } finally {
          await stop();
        }
      });
    }
  });
}
