// The example submission form of a site, and what the documents say of the element in it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './page_fixture.mjs';
import { axeFinds } from './preview_fixture.mjs';
import { buildSite, root } from './site_fixture.mjs';
import { serve } from './site_server.mjs';

const SCREENSHOTS = process.env.REFSCOUT_SCREENSHOTS; // a folder, when pictures are wanted

let site, server, browser;

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

for (const [name, settings] of Object.entries({
  wide: {},
  phone: { viewport: { width: 360, height: 740 } },
  'phone-dark': { viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
  dark: { colorScheme: 'dark' },
})) {
  test(`the example form, ${name}`, async () => {
    const { context, page, complaints } = await openPage(browser, settings);
    const press = (label) => page.getByRole('button', { name: label }).click();
    await page.goto(`${server.url}submit.html`);
    await screenshot(page, `preview-${name}-idle`);
    await press('Fill in an example');
    await press('Show related papers and reviewers');
    await page.getByText('5 likely reviewers and 5 related papers.').waitFor();
    await screenshot(page, `preview-${name}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
    assert.deepEqual(await axeFinds(page), []);
    await press('Submit');
    await page.getByText('nothing was submitted').waitFor();
    assert.equal(page.url(), `${server.url}submit.html`);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test('the documentation names all there is', async () => {
  const read = (/** @type {string} */ name) => readFileSync(path.join(root, name), 'utf8');
  const [library, preview] = [read('docs/library.md'), read('docs/preview.md')];
  for (const [code] of read('web/shared/messages.js').matchAll(/\bRS_[A-Z_]+\b/g)) {
    assert.ok(library.includes(`\`${code}\``), `docs/library.md does not name ${code}`);
  }
  const element = read('web/preview/submission-preview.js');
  const attributes = /observedAttributes = \[(.*)\]/.exec(element)?.[1].match(/\w+/g) ?? [];
  const events = element.match(/refscout-(ready|results|error)/g) ?? [];
  const properties = read('web/preview/style.js').match(/--refscout-\w+/g) ?? [];
  const views = read('web/preview/view.js') + read('web/preview/results.js');
  const parts = [...views.matchAll(/part: '([^'$]+)'/g)].flatMap(([, names]) => names.split(' '));
  for (const names of [attributes, events, properties, parts]) {
    assert.ok(names.length > 2);
    for (const name of names)
      assert.ok(preview.includes(`\`${name}\``), `docs/preview.md does not name ${name}`);
  }
});

async function screenshot(page, name) {
  if (!SCREENSHOTS) return;
  await page.screenshot({ path: path.resolve(root, SCREENSHOTS, `${name}.png`), fullPage: true });
}
