// <submission-preview> in headless Chromium, in pages of two places.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { launch, openPage } from './page_fixture.mjs';
import { axeFinds, BASE_CSP, FIELD, hostPages, PAGE, PLACES } from './preview_fixture.mjs';
import { assertSameAnswer, QUERY, root, searchByCommand } from './site_fixture.mjs';
import { below } from './site_server.mjs';

const SCREENSHOTS = process.env.REFSCOUT_SCREENSHOTS; // a folder, when pictures are wanted

let browser, hosts, site, assets, context, page, complaints, requests;

before(async () => {
  hosts = await hostPages();
  ({ site, assets } = hosts);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await hosts?.close();
});

beforeEach(async () => {
  ({ context, page, complaints, requests } = await openPage(browser));
});
afterEach(() => context?.close());

const origin = () => new URL(assets.url).origin;
const host = (place, html = PAGE, headers = {}) => hosts.open(page, place, html, headers);

const field = () => page.locator('#abstract');
const press = (name) => page.getByRole('button', { name }).click();
const show = () => press('Show related papers and reviewers');
const status = () => page.getByRole('status').textContent();
const told = (name) =>
  page.evaluate((n) => window.told.filter((t) => t.name === n).map((t) => t.detail), name);
const results = async (count = 1) => {
  await page.waitForFunction(
    (n) => window.told.filter(({ name }) => name === 'refscout-results').length >= n,
    count,
  );
  return (await told('refscout-results')).at(-1);
};
const failed = async () => {
  await page.waitForFunction(() => window.told.some(({ name }) => name === 'refscout-error'));
  return (await told('refscout-error')).at(-1);
};
/** @param {'people' | 'papers'} list
 * @returns {Promise<string[]>} */
const listed = (list) =>
  page
    .locator(`section[part=${list}] li`)
    .evaluateAll((items) => items.map((item) => item.firstChild.textContent));

/** What the library answers, in a page of the site's own. */
async function fromLibrary(text, top) {
  const other = await context.newPage();
  await other.goto(`${assets.url}submit.html`);
  const found = await other.evaluate(
    async ([query, n]) => {
      const { load } = await import(`${location.origin}/lib/refscout.js`);
      const scout = await load();
      const result = await scout.search(query, { top: n });
      scout.close();
      return result;
    },
    [text, top],
  );
  await other.close();
  return { ...found, elapsed_ms: 0 };
}

for (const place of PLACES) {
  test(`on ${place}: what the library finds, and nothing is sent`, async () => {
    await host(place);
    await page.getByText('See which published work').waitFor();
    assert.ok(
      requests.every((url) => !/data|wasm|refscout\.js|preview-frame/.test(url)),
      'the engine is not loaded before it is used',
    );
    await field().fill(QUERY);
    await show();
    const first = await results();
    assert.deepEqual({ ...first, elapsed_ms: 0 }, await fromLibrary(QUERY, 5));
    assert.equal((await told('refscout-ready'))[0].index.papers, 48);
    assert.deepEqual(
      await listed('people'),
      first.people.map(({ name }) => name),
    );
    assert.deepEqual(
      await listed('papers'),
      first.papers.map(({ title }) => title),
    );
    assert.equal(await status(), '5 likely reviewers and 5 related papers.');

    const before = requests.length;
    await field().fill(`Grid cells and dopamine in mice. ${QUERY}`);
    assert.equal(await status(), 'The text has changed since.');
    await press('Update');
    assertSameAnswer(
      await results(2),
      searchByCommand(site, `Grid cells and dopamine in mice. ${QUERY}`, 5),
      2e-4,
    );
    await page.waitForTimeout(300);
    assert.equal(requests.length, before, 'nothing is asked for once the engine is there');
    const asked = new Set(requests.map((url) => new URL(url).origin));
    assert.deepEqual(
      [...asked].sort(),
      [...new Set([origin(), new URL(hosts.places[place].url).origin])].sort(),
    );
    assert.deepEqual(complaints, []);
  });

  test(`on ${place}: removed and added again`, async () => {
    await host(place);
    await field().fill(QUERY);
    await show();
    const first = await results();
    await page.evaluate(() => {
      window.kept = document.querySelector('submission-preview');
      window.kept.remove();
    });
    await page.waitForTimeout(300);
    assert.deepEqual([page.workers().length, page.frames().length], [0, 1], 'the engine is closed');
    await page.evaluate(() => document.querySelector('main').append(window.kept));
    assert.equal(await page.locator('section[part=people]').count(), 0);
    await show();
    assert.deepEqual({ ...(await results(2)), elapsed_ms: 0 }, { ...first, elapsed_ms: 0 });
    assert.deepEqual(complaints, []);
  });

  test(`on ${place}: a wrong base is one clear sentence, and mended by a right one`, async () => {
    await host(
      place,
      `${FIELD}<submission-preview for="abstract" base="${assets.url}nowhere/"></submission-preview>`,
    );
    await field().fill(QUERY);
    await show();
    const { code, message } = await failed();
    assert.equal(code, 'RS_ERR_NETWORK');
    assert.match(message, /^The preview could not be loaded from http\S+\/nowhere\/\. Try again later/);
    const alert = await page.getByRole('alert').textContent();
    assert.ok(alert?.includes(message));
    await screenshot(`preview-error-${place.replace(' ', '-')}`);
    assert.equal(page.frames().length, 1, 'no frame is left behind');
    await press('Try again');
    await page.waitForFunction(() => window.told.length === 2);
    await page.evaluate(
      (base) => document.querySelector('submission-preview').setAttribute('base', base),
      assets.url,
    );
    await show();
    assert.equal((await results()).people.length, 5);
    assert.equal(await page.getByRole('alert').textContent(), '');
  });

  test(`on ${place}: live, and a newer text takes the place of an older one`, async () => {
    await host(place, `${FIELD}<submission-preview for="abstract" live top="3"></submission-preview>`);
    await field().fill('Too short');
    await page.waitForTimeout(1000);
    assert.ok(!requests.some((url) => url.includes('manifest.json')), 'a few words load nothing');
    await field().fill(QUERY);
    await results();
    // As soon as the next text is being read, another one is there.
    await page.evaluate((newer) => {
      const area = document.getElementById('abstract');
      const said = document.querySelector('submission-preview').shadowRoot.querySelector('[role=status]');
      const type = (text) => {
        area.value = text;
        area.dispatchEvent(new Event('input', { bubbles: true }));
      };
      const watch = new MutationObserver(() => {
        if (!said.textContent.startsWith('Reading')) return;
        watch.disconnect();
        type(newer);
      });
      watch.observe(said, { childList: true });
      type('Theta rhythm in rats and mice. '.repeat(80));
    }, `${QUERY} Dopamine.`);
    const second = await results(2);
    assertSameAnswer(second, searchByCommand(site, `${QUERY} Dopamine.`, 3), 2e-4);
    await page.evaluate(() => document.querySelector('submission-preview').setAttribute('top', '4'));
    assert.equal((await results(3)).papers.length, 4);
    // Added again, it needs no key to be pressed: the text is there.
    await page.evaluate(() =>
      document.querySelector('main').append(document.querySelector('submission-preview')),
    );
    await results(4);
    assert.deepEqual(complaints, []);
  });

  test(`on ${place}: a large model is asked for first`, async () => {
    await host(place, PAGE, { next: manifestOf(30e6) });
    await field().fill(QUERY);
    await show();
    // A private window, as the tests' are, keeps nothing for the frame of another site.
    await page.getByText(/needs a language model: 30 MB(, downloaded once|\. This browser keeps)/).waitFor();
    await screenshot(`preview-asking-${place.replace(' ', '-')}`);
    assert.ok(!requests.some((url) => url.includes('/pieces/')));
    await press('Not now');
    await page.getByText('Nothing was downloaded.').waitFor();
    await show();
    await press('Download 30 MB');
    await failed(); // there is no such model
    assert.ok(requests.some((url) => url.includes('/pieces/')));
  });
}

/** A manifest that names a model of this size, which is not there. */
function manifestOf(bytes) {
  const sha256 = 'ab'.repeat(32);
  const file = (size) => ({
    bytes: size,
    sha256,
    pieces: [{ path: `pieces/${sha256}.bin`, bytes: size, sha256 }],
  });
  const manifest = { format_version: 1, model: file(bytes - 1000), index: file(1000) };
  return below('/data/', (response) => {
    const known = !response.req.url?.includes('pieces');
    response.writeHead(known ? 200 : 404).end(known ? JSON.stringify(manifest) : '');
  });
}

test('several fields, one of them a div; a text that is cut; a field that is not there', async () => {
  await host(
    'the same origin',
    `<label>Title <input id="name" value="Replay"></label>
     <div id="abstract" contenteditable="true" role="textbox" aria-label="Abstract"></div>
     <submission-preview for="name abstract"></submission-preview>`,
  );
  await show();
  await page.getByText('Write or paste the abstract first').waitFor();
  const [line] = QUERY.split('\n');
  await field().fill(line);
  await show();
  assertSameAnswer(await results(), searchByCommand(site, `Replay\n\n${line}`, 5), 2e-4);
  await field().fill('Überlänge und naïve café 海馬. '.repeat(300));
  await press('Update');
  assert.ok((await results(2)).query.cut > 0);
  await page.getByText('Your text is longer than the model reads').waitFor();
  await page.evaluate(() => document.querySelector('submission-preview').setAttribute('for', 'gone'));
  await show();
  assert.match((await failed()).message, /no text field with the id "gone"/);
});

test('headers: a policy with every file, an isolated host, a frame that is not allowed', async () => {
  const isolated = { 'cross-origin-embedder-policy': 'require-corp' };
  const every = `${BASE_CSP} script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'`;
  const settings = [
    ['the same origin', { site_headers: { 'content-security-policy': every } }],
    [
      'another origin',
      {
        page_headers: { ...isolated, 'cross-origin-opener-policy': 'same-origin' },
        site_headers: {
          ...isolated,
          'content-security-policy': `frame-ancestors ${new URL(hosts.places['another origin'].url).origin}`,
        },
      },
    ],
  ];
  for (const [place, headers] of settings) {
    await host(place, PAGE, headers);
    await field().fill(QUERY);
    await show();
    assert.equal((await results()).people.length, 5);
    assert.deepEqual(complaints, []);
  }
  await host('another origin', PAGE, {
    site_headers: { 'content-security-policy': "frame-ancestors 'none'" },
  });
  await field().fill(QUERY);
  await show();
  assert.equal((await failed()).code, 'RS_ERR_NETWORK');
});

test('by keyboard, and axe finds nothing', async () => {
  await host('another origin');
  await field().fill(QUERY);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await results();
  const focused = await page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.className);
  assert.equal(focused, 'results');
  assert.deepEqual(await axeFinds(page), []);
});

test('text is text', async () => {
  await host('the same origin');
  await field().fill('<img src=x onerror=alert(1)> <script>alert(2)</script> '.repeat(100));
  await show();
  await results();
  assert.equal(await page.locator('submission-preview img, submission-preview script').count(), 0);
  assert.deepEqual(complaints, []);
});

async function screenshot(name) {
  if (!SCREENSHOTS) return;
  await page.screenshot({ path: path.resolve(root, SCREENSHOTS, `${name}.png`), fullPage: true });
}
