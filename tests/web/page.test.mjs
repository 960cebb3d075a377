// The built site in headless Chromium, as a reader uses it.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch, openPage } from './page_fixture.mjs';
import { buildSite, QUERY, root, searchByCommand } from './site_fixture.mjs';
import { below, serve } from './site_server.mjs';

const SCREENSHOTS = process.env.REFSCOUT_SCREENSHOTS; // a folder, when pictures are wanted
let site, server, browser, context, page;
/** What must not happen, and what was asked for. */
let complaints, requests;

before(async () => {
  site = buildSite();
  server = await serve(site.dir);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  site?.remove();
});

beforeEach(async () => {
  server.options.intercept = undefined;
  server.options.headers = undefined;
  await open();
});
afterEach(() => context?.close());

async function open(settings = {}) {
  await context?.close();
  ({ context, page, complaints, requests } = await openPage(browser, settings));
}

const box = () => page.getByRole('textbox', { name: 'Title and abstract' });
const searchButton = () => page.getByRole('button', { name: 'Search', exact: true });
const ready = () => page.waitForSelector('#status:not([hidden])');
const answered = () => page.waitForSelector('#results:not([hidden])[aria-busy="false"]');

async function ask(text) {
  await box().fill(text);
  await searchButton().click();
  await answered();
}

/** The lists as the page shows them. */
const shown = () =>
  page.evaluate(() =>
    Object.fromEntries(
      ['people', 'papers'].map((id) => [
        id,
        [...document.querySelectorAll(`#${id} .ranking > li`)].map((item) => ({
          name: item.querySelector('h3').textContent,
          score: Number(item.querySelector('.score').lastChild.textContent),
        })),
      ]),
    ),
  );

test('an abstract is typed, and the ranking is the command’s', async () => {
  await page.goto(server.url);
  await ready();
  await page.evaluate(() => navigator.serviceWorker.ready); // it has fetched what it keeps
  assert.match(await page.locator('#status').textContent(), /48 papers[\s\S]*7 people[\s\S]*1 thread/);
  const before = requests.length;
  await ask(QUERY);
  const want = searchByCommand(site, QUERY);
  const got = await shown();
  assert.deepEqual(
    got.papers.map((paper) => paper.name),
    want.papers.map((paper) => paper.title),
  );
  assert.deepEqual(
    got.people.map((person) => person.name),
    want.people.map((person) => person.name),
  );
  for (const list of ['papers', 'people']) {
    for (const [i, { score }] of got[list].entries()) {
      assert.ok(Math.abs(score - want[list][i].score) < 1e-3, 'three digits are shown');
    }
  }
  assert.match(await page.getByRole('status').textContent(), /7 people and 10 papers found/);

  assert.equal(requests.length, before, 'nothing is asked for once text is typed');
  assert.deepEqual([...new Set(requests.map((url) => new URL(url).origin))], [new URL(server.url).origin]);
  assert.deepEqual(complaints, []);
  await screenshot('search-wide');
});

test('papers with a DOI are linked, those without are not', async () => {
  await page.goto(server.url);
  await ask(QUERY);
  const want = searchByCommand(site, QUERY).papers;
  const links = await page
    .locator('#papers li')
    .evaluateAll((items) => items.map((item) => item.querySelector('h3 a')?.href ?? null));
  assert.deepEqual(
    links,
    want.map(({ doi }) => (doi ? `https://doi.org/${doi}` : null)),
  );
});

test('asked before the model is there, with Ctrl+Enter', async () => {
  let go;
  const gate = new Promise((resolve) => {
    go = resolve;
  });
  server.options.intercept = below('/data/pieces', async (response, bytes) => {
    await gate;
    response.end(bytes);
  });
  await page.goto(server.url);
  await box().fill(QUERY);
  await page.keyboard.press('Control+Enter');
  await page.getByText('The search begins as soon as the model is loaded.').first().waitFor();
  await page.waitForSelector('#loading progress[value]');
  go();
  await answered();
  assert.equal((await shown()).papers.length, 10);
});

test('a text that is too long is said to be, and where', async () => {
  await page.goto(server.url);
  const text = `${'Überlänge und naïve café 海馬 🧠. '.repeat(300)}`;
  await ask(text);
  const { query } = searchByCommand(site, text);
  assert.ok(query.cut > 0);
  const notice = page.locator('.notice.cut');
  const unread = Buffer.from(text).subarray(query.cut_byte).toString().trim();
  assert.ok((await notice.locator('q').textContent()).startsWith(unread.slice(0, 20)));
  await notice.getByRole('button').click();
  const selected = await box().evaluate((area) =>
    area.value.slice(area.selectionStart, area.selectionEnd).trim(),
  );
  assert.equal(selected, unread);
});

test('a text that is in the corpus is recognised', async () => {
  const abstract =
    'We study grid cells with a spiking network model in 4 animals. <b>Effects</b> were large, and place cells changed with them by 37 percent.';
  await page.goto(server.url);
  await ask(abstract);
  const { in_corpus } = searchByCommand(site, abstract).query;
  assert.ok(in_corpus, 'the command recognises it');
  assert.match(await page.locator('.notice.known').textContent(), /This paper is in the index/);
  assert.ok((await page.locator('.notice.known').textContent()).includes(in_corpus.title));
});

test('text is text', async () => {
  await page.goto(server.url);
  await ask('<img src=x onerror=alert(1)> <script>alert(2)</script> '.repeat(200));
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.deepEqual(complaints, []);
});

test('an example by keyboard, a dropped file, an empty text', async () => {
  await page.goto(server.url);
  await ready();
  await searchButton().click();
  assert.match(await page.getByRole('status').textContent(), /first/);
  await page.getByRole('button', { name: 'Sleep and memory' }).focus();
  await page.keyboard.press('Enter');
  await answered();
  assert.match(await box().inputValue(), /slow waves/i);
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /^Microglia/);
  await page.setInputFiles('#file', {
    name: 'a.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('From a file: ü'),
  });
  await page.waitForFunction(() => document.querySelector('#text').value === 'From a file: ü');
  await page.setInputFiles('#file', {
    name: 'a.pdf',
    mimeType: 'application/pdf',
    buffer: Buffer.from('%PDF\0'),
  });
  await page.getByRole('alert').getByText('Only plain text files').waitFor();
  assert.equal(await box().inputValue(), 'From a file: ü');
});

test('a damaged piece is a clear error, and Try again helps', async () => {
  server.options.intercept = below('/data/pieces', (response, bytes) => {
    const sent = Buffer.from(bytes);
    sent[100] ^= 1;
    response.end(sent);
  });
  await page.goto(server.url);
  const alert = page.getByRole('alert');
  await alert.getByText('The model could not be loaded').waitFor();
  assert.match(await alert.textContent(), /arrived damaged/);
  await screenshot('error');
  server.options.intercept = undefined;
  await alert.getByRole('button', { name: 'Try again' }).click();
  await ready();
  assert.equal(await alert.isHidden(), true);
  await ask(QUERY);
});

test('loading can be stopped and begun again', async () => {
  server.options.intercept = below('/data/pieces', () => {});
  await page.goto(server.url);
  await page.waitForSelector('#loading progress');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('#loading').getByText('Loading was stopped.').waitFor();
  server.options.intercept = undefined;
  await page.getByRole('button', { name: 'Load the model' }).click();
  await ready();
});

test('the policy as a header, in force in the worker too', async () => {
  await page.goto(server.url);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.match(policy, /default-src 'none'.*connect-src 'self'/);
  server.options.headers = { 'content-security-policy': policy };
  await page.reload();
  await ask(QUERY);
  assert.equal((await shown()).papers.length, 10);
  assert.deepEqual(complaints, []);
});

test('threads where the page is isolated', async () => {
  server.options.headers = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  await page.goto(server.url);
  await ask(QUERY);
  const cores = Math.min(8, await page.evaluate(() => navigator.hardwareConcurrency));
  assert.match(await page.locator('#status').textContent(), new RegExp(`${cores} threads?`));
  assert.deepEqual(
    (await shown()).papers.map((paper) => paper.name),
    searchByCommand(site, QUERY).papers.map((paper) => paper.title),
  );
  assert.deepEqual(complaints, []);
});

test('on a phone one list at a time, and nothing too wide', async () => {
  await open({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
  await page.goto(server.url);
  await ask(QUERY);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false);
  const [people, papers] = [page.locator('#people'), page.locator('#papers')];
  assert.deepEqual([await people.isVisible(), await papers.isVisible()], [true, false]);
  await screenshot('search-phone-dark');
  await page.getByRole('radio', { name: 'People' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.deepEqual([await people.isVisible(), await papers.isVisible()], [false, true]);
});

async function screenshot(name) {
  if (!SCREENSHOTS) return;
  await page.screenshot({ path: path.resolve(root, SCREENSHOTS, `${name}.png`), fullPage: true });
}
