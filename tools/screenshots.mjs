// Takes pictures of every view of the sample site, to be looked at: build/screenshots/*.png
//
//   node tools/screenshots.mjs [--readme]
//
// --readme also puts the README's three pictures into docs/. Needs tools/setup.sh test and the web
// tests' packages (tools/test.sh web installs them).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launch } from '../tests/web/page_fixture.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = path.join(root, 'build/screenshots');

const WIDE = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true };

/** The README's pictures, by the name they have in docs/. */
const README = {
  'page.png': 'search.png',
  'exclusions.png': 'exclusions.png',
  'phone.png': 'phone-evidence.png',
};

/** What is shown of the person whose name stands first.
 * @param {import('playwright-core').Page} page */
async function whyFirst(page) {
  await page.locator('#people [data-action=why]').first().click();
  await page.locator('#people .because q').first().waitFor();
}

/** @param {import('playwright-core').Page} page
 * @param {string} label  of the example's button */
async function example(page, label) {
  await page.getByRole('button', { name: label, exact: true }).click();
  await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
}

const names = (page) => page.locator('#people h3').allTextContents();

/** Each view: how the browser is, and the way there.
 * @type {Record<string, {settings?: object, whole?: boolean, at?: string,
 *   show: (page: import('playwright-core').Page, url: string) => Promise<void>}>} */
const VIEWS = {
  start: { show: async () => {} },
  search: {
    settings: { viewport: { width: 1280, height: 1500 } },
    at: 'body',
    show: (page) => example(page, 'Sleep and memory'),
  },
  evidence: {
    at: '#people',
    async show(page) {
      await example(page, 'Microglia');
      await whyFirst(page);
    },
  },
  papers: {
    settings: PHONE,
    at: '#results',
    async show(page) {
      await example(page, 'Nerve pain');
      await page.getByText('Papers', { exact: true }).first().click();
    },
  },
  exclusions: {
    at: '#conflicts-panel',
    async show(page) {
      await example(page, 'Neural interfaces');
      const [first] = await names(page);
      await page.locator('#conflicts-panel summary').click();
      await page.fill('#authors', `${first}\nNobody Atall`);
      await page.check('#author-institutions');
      await page.locator('#exclusions li').nth(2).waitFor();
    },
  },
  ranking: {
    at: '#settings-panel',
    async show(page) {
      await example(page, 'Speech in noise');
      await page.locator('#settings-panel summary').click();
    },
  },
  shortlist: {
    at: '#shortlist-panel',
    async show(page) {
      await example(page, 'Speech in noise');
      await page.locator('#people .star').nth(0).click();
      await page.locator('#people .star').nth(2).click();
      await page.locator('#shortlist-panel summary').click();
    },
  },
  nobody: {
    at: '#results',
    async show(page) {
      await example(page, 'Nerve pain');
      await page.locator('#settings-panel summary').click();
      await page.fill('#institution', 'University of Nowhere');
      await page.locator('#people .none').waitFor();
    },
  },
  'too-long': {
    async show(page) {
      await page.fill('#text', 'Slow waves of the cortex and the replay of routes in sleep. '.repeat(70));
      await page.locator('#query button[type=submit]').click();
      await page.waitForSelector('#notices:not([hidden])');
      await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
    },
  },
  error: {
    at: '#query',
    async show(page, url) {
      await page.evaluate(() =>
        caches.keys().then((keys) => Promise.all(keys.map((key) => caches.delete(key)))),
      );
      await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
      });
      await page.evaluate(() =>
        navigator.serviceWorker
          .getRegistrations()
          .then((all) => Promise.all(all.map((one) => one.unregister()))),
      );
      await page.route('**/pieces/*', (route) => route.fulfill({ body: '<h1>Not found</h1>' }));
      await page.goto(url);
      await page.waitForSelector('#problem:not([hidden])');
    },
  },
  offline: {
    at: '#app',
    async show(page) {
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.context().setOffline(true);
      await page.reload();
      await page.getByText('No network').first().waitFor();
      await page.waitForSelector('#status:not([hidden])');
      await example(page, 'Sleep and memory');
    },
  },
  stored: {
    at: '#storage-panel',
    async show(page) {
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.locator('#storage-panel summary').click();
    },
  },
  dark: {
    settings: { ...WIDE, colorScheme: 'dark' },
    async show(page) {
      await example(page, 'Microglia');
      await whyFirst(page);
    },
  },
  phone: { settings: PHONE, show: (page) => example(page, 'Sleep and memory') },
  'phone-start': { settings: PHONE, whole: true, show: async () => {} },
  'phone-evidence': {
    settings: PHONE,
    at: '#results',
    async show(page) {
      await example(page, 'Microglia');
      await whyFirst(page);
    },
  },
  'phone-dark-exclusions': {
    settings: { ...PHONE, colorScheme: 'dark' },
    at: '#conflicts-panel',
    show: (page, url) => VIEWS.exclusions.show(page, url),
  },
  preview: {
    async show(page, url) {
      await page.goto(`${url}submit.html`);
      await page.locator('#fill').click();
      await page.getByRole('button', { name: 'Show related papers and reviewers' }).click();
      await page.locator('submission-preview section[part=papers] li').first().waitFor();
    },
  },
  'phone-preview': {
    settings: PHONE,
    whole: true,
    show: (page, url) => VIEWS.preview.show(page, url),
  },
};

const server = spawn(path.join(root, 'tools/serve.sh'), ['--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await launch();
try {
  const url = await served();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, view] of Object.entries(VIEWS)) await take(url, name, view);
} finally {
  await browser.close();
  if (server.exitCode === null && server.kill()) await once(server, 'exit');
}
if (process.argv.includes('--readme')) {
  for (const [to, from] of Object.entries(README)) {
    copyFileSync(path.join(folder, from), path.join(root, 'docs', to));
    console.log(`docs/${to}: ${Math.round(statSync(path.join(root, 'docs', to)).size / 1000)} kB`);
  }
}

/** The address, once tools/serve.sh has built what is missing. */
async function served() {
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /served at (\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('tools/serve.sh serves nothing');
}

/** In a browser context of its own, as on a first visit.
 * @param {string} url
 * @param {string} name
 * @param {(typeof VIEWS)[string]} view */
async function take(url, name, { settings = WIDE, whole = false, at, show }) {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...settings });
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector('#status:not([hidden])');
  await show(page, url);
  // What is meant stands at the top of the picture.
  const top = at ? await page.locator(at).evaluate((found) => found.getBoundingClientRect().top) : 0;
  await page.evaluate((by) => scrollBy({ top: by - 16, behavior: 'instant' }), at ? top : 16);
  await page.waitForTimeout(300);
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: whole });
  console.log(`build/screenshots/${name}.png`);
  await context.close();
}
