// The built site on a plain static server, visited again: without a network, after an update, with a
// damaged or a full store. In headless Chromium.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch } from './page_fixture.mjs';
import { buildSite, manifestOf, QUERY, refscout, root, searchByCommand } from './site_fixture.mjs';
import { below, serve } from './site_server.mjs';

const command = process.env.REFSCOUT_BIN ?? path.join(root, 'build/dist/bin/refscout');
const SCREENSHOTS = process.env.REFSCOUT_SCREENSHOTS; // a folder, when pictures are wanted
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The second is large enough to be asked about, and has many pieces. */
let small, large, browser, server, context, page;
/** Every request of the browser, the service worker's too, and what must not happen. */
let requests, complaints;

before(async () => {
  small = buildSite();
  large = buildSite('f32', 120_000);
  browser = await launch(['--host-resolver-rules=MAP insecure.test 127.0.0.1']);
});
after(async () => {
  await browser?.close();
  small?.remove();
  large?.remove();
});
beforeEach(async () => {
  server = await serve(small.dir);
  await open();
});
afterEach(async () => {
  await context?.close();
  await server?.close();
});

async function open(settings = {}) {
  await context?.close();
  context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 900 },
    ...settings,
  });
  requests = [];
  complaints = [];
  context.on('request', (request) => requests.push(request.url()));
  await context.exposeBinding('__violation', (_source, what) => complaints.push(what));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      window.__violation(`CSP: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
}

async function serveLarge() {
  await server.close();
  server = await serve(large.dir);
}

const ready = () => page.waitForSelector('#status:not([hidden])');
const button = (name) => page.getByRole('button', { name });
const panel = () => page.locator('#storage-panel');
const status = () => page.locator('#status').textContent();
const piecesAsked = () => server.seen.filter((name) => name.includes('/pieces/'));

/** Loaded, and the page itself kept too. */
async function visit() {
  await page.goto(server.url);
  await ready();
  await page.evaluate(() => navigator.serviceWorker.ready);
}

async function ask(text = QUERY) {
  await page.getByRole('textbox', { name: 'Title and abstract' }).fill(text);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
  return page.locator('#papers h3').allTextContents();
}
const wanted = (site) => searchByCommand(site, QUERY).papers.map((paper) => paper.title);

/** A URL, and what of its kept entry is wrong.
 * @param {string} url
 * @param {'byte' | 'half' | 'page'} how */
const damage = (url, how) =>
  page.evaluate(
    async ([address, kind]) => {
      const root = await navigator.storage.getDirectory();
      const all = await root.getDirectoryHandle('refscout-pieces-v1');
      const data = new URL('data/', location.href).href;
      const folder = await all.getDirectoryHandle(encodeURIComponent(data));
      const file = await folder.getFileHandle(encodeURIComponent(address.slice(data.length)));
      const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
      bytes[bytes.length >> 1] ^= 1;
      const wrong = { byte: bytes, half: bytes.subarray(0, bytes.length >> 1), page: '<h1>Not found</h1>' };
      const writable = await file.createWritable();
      await writable.write(wrong[kind]);
      await writable.close();
    },
    [url, how],
  );

/** How many files the store has, of all sites. */
const keptFiles = () =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    let count = 0;
    for await (const folder of (await root.getDirectoryHandle('refscout-pieces-v1')).values()) {
      for await (const _ of folder.values()) count++;
    }
    return count;
  });

test('without a network: the same ranking, and nobody is asked for anything', async () => {
  await visit();
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  assert.match(await status(), /1 thread/);
  const online = await ask();
  const { origin } = new URL(server.url);
  assert.deepEqual([...new Set(requests.map((url) => new URL(url).origin))], [origin]);

  await context.setOffline(true);
  await server.close();
  await page.reload();
  await ready();
  await page.getByText('No network.').waitFor();
  requests.length = 0;
  assert.deepEqual(await ask(), online);
  assert.deepEqual(online, wanted(small));
  await page.waitForTimeout(300);
  assert.deepEqual(requests, [], 'no request of any kind once text is typed');
  assert.deepEqual(complaints, []);
  await look('offline');
});

test('of the modules only those are kept that this browser can use', async () => {
  await visit();
  const kept = await page.evaluate(async () => {
    const [name] = (await caches.keys()).filter((key) => key.startsWith('refscout-shell '));
    const urls = (await (await caches.open(name)).keys()).map(({ url }) => url);
    return urls.filter((url) => url.endsWith('.wasm')).map((url) => url.replace(/.*\//, ''));
  });
  assert.deepEqual(kept.sort(), ['refscout-relaxed-threads.wasm', 'refscout-relaxed.wasm']);
});

test('a plain server: one thread at first, several from the second visit', async () => {
  await visit();
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  await page.waitForTimeout(300);
  assert.equal(server.seen.filter((name) => name === '/').length, 2, 'page and service worker: no reload');
  await page.goto(server.url);
  await ready();
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  const cores = Math.min(8, await page.evaluate(() => navigator.hardwareConcurrency));
  assert.match(await status(), new RegExp(`${cores} threads?`));
  assert.deepEqual(await ask(), wanted(small));
  assert.deepEqual(complaints, []);
});

test('an iPhone is isolated too, but given one thread', async () => {
  await open({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15' });
  await visit();
  await page.goto(server.url);
  await ready();
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.match(await page.workers()[0].evaluate(() => navigator.userAgent), /iPhone/);
  assert.match(await status(), /1 thread/);
});

test('the policy holds in the worker, which a page’s own policy does not reach', async () => {
  const elsewhere = await serve(small.folder, { headers: { 'access-control-allow-origin': '*' } });
  try {
    await visit();
    await page.goto(server.url);
    await ready();
    const tried = await page.workers()[0].evaluate(
      (url) =>
        fetch(url).then(
          () => 'sent',
          (error) => error.name,
        ),
      `${elsewhere.url}corpus.json?abstract`,
    );
    assert.equal(tried, 'TypeError');
    assert.deepEqual(elsewhere.seen, []);
  } finally {
    await elsewhere.close();
  }
});

for (const how of ['byte', 'half', 'page']) {
  const names = { byte: 'a wrong byte', half: 'a truncated piece', page: 'an error page' };
  test(`${names[how]} in the store is fetched once more`, async () => {
    await visit();
    const [piece] = manifestOf(small.dir).model.pieces;
    await damage(`${server.url}data/${piece.path}`, how);
    server.seen.length = 0;
    await page.reload();
    assert.deepEqual(await ask(), wanted(small));
    assert.deepEqual(piecesAsked(), [`/data/${piece.path}`]);
    server.seen.length = 0;
    await page.reload();
    assert.deepEqual(await ask(), wanted(small));
    assert.deepEqual(piecesAsked(), []);
  });
}

test('an error page served as 200 is an error, and is not kept', async () => {
  server.options.intercept = below('/data/pieces', (response) => response.end('<h1>Not found</h1>'));
  await page.goto(server.url);
  await page.getByRole('alert').getByText('arrived damaged').waitFor();
  server.options.intercept = undefined;
  await button('Try again').click();
  assert.deepEqual(await ask(), wanted(small));
});

test('a big download is asked for first; once is enough', async () => {
  await serveLarge();
  await page.goto(server.url);
  await button(/^Download 2\d\.\d MB$/).waitFor();
  assert.deepEqual(piecesAsked(), [], 'nothing before the answer');
  await look('ask');
  await page.getByRole('textbox', { name: 'Title and abstract' }).fill(QUERY);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'download', 'it leads to the question');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
  assert.deepEqual(await page.locator('#papers h3').allTextContents(), wanted(large));
  const { model, index } = manifestOf(large.dir);
  assert.equal(piecesAsked().length, model.pieces.length + index.pieces.length);
  server.seen.length = 0;
  await page.reload();
  assert.deepEqual(await ask(), wanted(large));
  assert.deepEqual(piecesAsked(), []);
});

test('a hanging server is stopped by hand; later only what is missing is fetched', async () => {
  await serveLarge();
  const { model, index } = manifestOf(large.dir);
  let sent = 0;
  server.options.intercept = below('/data/pieces/', (response, bytes) => {
    if (sent++ === 0) return response.end(bytes);
    response.writeHead(200, { 'content-length': bytes.length });
    let at = 0;
    const timer = setInterval(() => {
      if (at > bytes.length / 2) return clearInterval(timer);
      response.write(bytes.subarray(at, at + 40_000));
      at += 40_000;
    }, 80);
    response.on('close', () => clearInterval(timer));
  });
  await page.goto(server.url);
  await button(/^Download/).click();
  await page.locator('#loading').getByText(/left$/).waitFor();
  await look('progress');
  await button('Stop').click();
  await page.locator('#loading').getByText('Loading was stopped.').waitFor();

  server.options.intercept = undefined;
  server.seen.length = 0;
  await page.reload();
  await page
    .locator('#ask')
    .getByText(/on this device already/)
    .waitFor();
  await button(/^Download/).click();
  assert.deepEqual(await ask(), wanted(large));
  assert.equal(piecesAsked().length, model.pieces.length + index.pieces.length - 1);
});

test('no room: works from memory, and says so', async () => {
  const tools = await context.newCDPSession(page);
  const { origin } = new URL(server.url);
  await tools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20_000 });
  await page.goto(server.url);
  await ready();
  await page.locator('#storage').getByText('There was not enough room').waitFor();
  await look('full');
  assert.deepEqual(await ask(), wanted(small));
  assert.deepEqual(complaints, []);
});

test('no storage and no service worker at all: works, and says so', async () => {
  await page.goto(server.url.replace('127.0.0.1', 'insecure.test'));
  await ready();
  const has = () => [typeof caches, typeof navigator.storage, 'serviceWorker' in navigator];
  assert.deepEqual(await page.evaluate(has), ['undefined', 'undefined', false]);
  await page.locator('#storage').getByText('keeps nothing').waitFor();
  assert.deepEqual(await ask(), wanted(small));
  assert.deepEqual(complaints, []);
});

test('what is stored is shown and deleted; the page goes on', async () => {
  await visit();
  await page.evaluate(() => caches.open('somebody-else'));
  await panel().locator('summary').click();
  await panel().getByText('Works without a network').waitFor();
  assert.match(await panel().locator('dl').textContent(), /Works without a networkyes/);
  await look('storage');
  await panel().getByRole('button', { name: 'Delete' }).click();
  await panel().getByText('downloaded again at the next visit').waitFor();
  assert.deepEqual(await ask(), wanted(small));
  assert.equal(await keptFiles(), 0);
  assert.equal(await page.evaluate(() => caches.has('somebody-else')), true);
  server.seen.length = 0;
  await page.reload();
  assert.deepEqual(await ask(), wanted(small));
  assert.equal(piecesAsked().length, 2);
});

test('a new version waits for the reader, keeps what was typed, and downloads no model', async () => {
  const dir = path.join(small.folder, 'updated');
  cpSync(small.dir, dir, { recursive: true });
  await server.close();
  server = await serve(dir);
  await visit();
  await page.evaluate(() => caches.open('somebody-else'));
  await page.reload();
  await ready();
  const [before] = await shells();
  publish(dir, 'h1::after { content: " II" }');
  await page.reload();
  await page.getByText('A new version is ready').waitFor();
  await look('update');
  assert.equal(await isNew(), false, 'the page in use is not exchanged');
  assert.deepEqual(await ask(), wanted(small));
  await page.getByRole('textbox', { name: 'Title and abstract' }).fill('Half a sentence about');
  await page.locator('#conflicts-panel summary').click();
  await page.getByLabel('Authors of the manuscript').fill('Ida Ek');
  await page.locator('#coauthors').uncheck();
  await page.locator('#settings-panel summary').click();
  await page.getByLabel('Years from').fill('2001');
  server.seen.length = 0;

  await button('Reload').click();
  await page.waitForFunction(
    () => getComputedStyle(document.querySelector('h1'), '::after').content !== 'none',
  );
  await ready();
  const text = await page.getByRole('textbox', { name: 'Title and abstract' }).inputValue();
  assert.equal(text, 'Half a sentence about');
  assert.equal(await page.locator('#authors').inputValue(), 'Ida Ek');
  assert.equal(await page.locator('#coauthors').isChecked(), false);
  assert.equal(await page.locator('#year-from').inputValue(), '2001');
  assert.deepEqual(await page.evaluate(() => ({ ...sessionStorage })), {}, 'and no longer');
  assert.equal(await page.getByText('A new version is ready').isVisible(), false);
  assert.deepEqual(piecesAsked(), []);
  const now = await shells();
  assert.equal(now.length, 1);
  assert.notEqual(now[0], before);
  assert.equal(await page.evaluate(() => caches.has('somebody-else')), true);
  await page.locator('#settings-panel summary').click();
  await page.getByLabel('Years from').fill('');
  assert.deepEqual(await ask(), wanted(small));
  assert.deepEqual(complaints, []);
});

test('a site that is half uploaded is not taken for a new version', async () => {
  const dir = path.join(small.folder, 'torn');
  cpSync(small.dir, dir, { recursive: true });
  await server.close();
  server = await serve(dir);
  await visit();
  publish(dir, 'h1 { color: red }');
  writeFileSync(path.join(dir, 'styles/index.css'), 'of yet another version');
  await page.reload();
  await ready();
  await page.waitForTimeout(800);
  assert.equal(await page.getByText('A new version is ready').isVisible(), false);
  assert.equal((await shells()).length, 1);
  assert.deepEqual(await ask(), wanted(small));
});

test('a manifest and icons that an installer takes', async () => {
  await page.goto(server.url);
  const tools = await context.newCDPSession(page);
  const { errors, url, data } = await tools.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  assert.ok(url.endsWith('/manifest.json'));
  const sizes = [];
  for (const { src, sizes: size } of JSON.parse(data).icons) {
    const { width } = await page.evaluate(async (from) => {
      const image = new Image();
      image.src = from;
      await image.decode();
      return { width: image.naturalWidth };
    }, src);
    if (size !== 'any') sizes.push([size, `${width}x${width}`]);
  }
  assert.ok(sizes.length >= 3);
  for (const [said, is] of sizes) assert.equal(is, said);
  assert.deepEqual(complaints, []);
});

const shells = () =>
  page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('refscout-shell ')));
const isNew = () =>
  page.evaluate(() => getComputedStyle(document.querySelector('h1'), '::after').content !== 'none');

/** The same site with another style sheet. */
function publish(dir, css) {
  const web = path.join(small.folder, 'web');
  cpSync(path.join(path.dirname(command), '../share/refscout/web'), web, { recursive: true });
  writeFileSync(path.join(web, 'styles/index.css'), css);
  refscout(['site', '--model', small.model, '--index', small.index, '-o', dir, '--web', web]);
}

/** A state of the page that this file is about: it must be for everybody, and fit a phone.
 * @param {string} name  of its pictures */
async function look(name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
  );
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await page.setViewportSize({ width: 1280, height: 900 });
  await screenshot(name);
}

async function screenshot(name) {
  if (!SCREENSHOTS) return;
  for (const [suffix, width, scheme] of [
    ['wide', 1280, 'light'],
    ['wide-dark', 1280, 'dark'],
    ['phone', 360, 'light'],
    ['phone-dark', 360, 'dark'],
  ]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({
      path: path.resolve(root, SCREENSHOTS, `${name}-${suffix}.png`),
      fullPage: true,
    });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
}
