// Choosing reviewers on the page: filters, conflicts of interest, evidence, short-list, links.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { sentencesOf } from '../../web/page/sentences.js';
import { launch, openPage } from './page_fixture.mjs';
import { buildSite, QUERY, root, searchByCommand } from './site_fixture.mjs';
import { serve } from './site_server.mjs';

const SCREENSHOTS = process.env.REFSCOUT_SCREENSHOTS; // a folder, when pictures are wanted
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let site, server, browser, context, page, complaints, requests;
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
beforeEach(() => open());
afterEach(() => context?.close());

async function open(settings = {}) {
  await context?.close();
  ({ context, page, complaints, requests } = await openPage(browser, {
    permissions: ['clipboard-read', 'clipboard-write'],
    ...settings,
  }));
}

const box = () => page.getByRole('textbox', { name: 'Title and abstract' });
const names = () => page.locator('#people h3').allTextContents();
const excluded = () => page.locator('#exclusions li').allTextContents();
const field = (label) => page.getByLabel(label, { exact: true });
const button = (name) => page.getByRole('button', { name });
const openPanel = (id) => page.locator(`#${id} summary`).click();
const stored = () => page.evaluate(() => ({ ...localStorage }));

/** A text is asked about, after the service worker has fetched what it keeps. */
async function ask(text = QUERY) {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await box().fill(text);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.waitForFunction((asked) => document.querySelector('#asked').textContent === asked, text);
}

/** What a condition waits for, with a sentence for when it never comes.
 * @param {string} what
 * @param {() => Promise<boolean>} holds */
async function until(what, holds) {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`never: ${what}`);
}

test('conflicts of interest are left out, listed with reasons, and taken back', async () => {
  await page.goto(server.url);
  await ask();
  const everyone = await names();
  const asked_for = requests.length;
  await openPanel('conflicts-panel');
  await page.locator('#coauthors').uncheck();
  await field('Authors of the manuscript').fill('zhang, wei; Nobody Atall');
  await field('Block list').fill('Ida Ek');
  await field('Their institutions').fill('University of Nowhere');
  await until('both are left out', async () => (await names()).length === everyone.length - 2);
  assert.deepEqual(
    await names(),
    everyone.filter((name) => name !== 'Wei Zhang' && name !== 'Ida Ek'),
  );
  const reasons = (await excluded()).join('\n');
  assert.match(reasons, /Wei Zhang author of the manuscript/);
  assert.match(reasons, /Ida Ek on your block list/);
  assert.match(await page.locator('.unknown-names').textContent(), /Nobody Atall\.$/);
  assert.match(await page.locator('.unknown-institutions').textContent(), /University of Nowhere\.$/);
  assert.match(await page.locator('#conflicts-summary').textContent(), /2 people left out/);

  await button('Undo Wei Zhang').focus();
  await page.keyboard.press('Enter');
  await until('Wei Zhang is back', async () => (await names()).includes('Wei Zhang'));
  assert.match(await page.locator('#conflicts-summary').textContent(), /1 person left out/);
  const focused = await page.evaluate(() => document.activeElement?.textContent);
  assert.equal(focused, 'Redo Wei Zhang', 'the focus stays');
  await page.keyboard.press('Enter');
  await until('Wei Zhang is gone again', async () => !(await names()).includes('Wei Zhang'));

  await page.locator('#coauthors').check();
  await page.locator('#coauthor-years').fill('0');
  await until('co-authors are left out', async () => (await excluded()).length > 2);
  assert.match((await excluded()).join('\n'), /co-author of Wei Zhang.*On \w+/);
  assert.equal(requests.length, asked_for, 'nothing is asked of anybody');
  assert.deepEqual(complaints, []);
  await screenshot('exclusions-wide');
});

test('conflicts that were entered first hold from the first search on', async () => {
  await page.goto(server.url);
  await openPanel('conflicts-panel');
  await field('Authors of the manuscript').fill('Wei Zhang');
  await page.locator('#coauthors').uncheck();
  await ask();
  assert.ok(!(await names()).includes('Wei Zhang'));
  assert.equal((await names()).length, 6);
});

test('a name that may be somebody’s is not called unknown', async () => {
  await page.goto(server.url);
  await ask();
  await openPanel('conflicts-panel');
  await page.locator('#coauthors').uncheck();
  await field('Authors of the manuscript').fill('W. Zhang');
  await until('they are left out', async () => (await excluded()).length === 1);
  assert.match((await excluded())[0], /Wei Zhang maybe the author W\. Zhang/);
  assert.equal(await page.locator('.unknown-names').count(), 0);
});

test('all institutions of the authors in one click', async () => {
  await page.goto(server.url);
  await ask();
  await openPanel('conflicts-panel');
  await page.locator('#coauthors').uncheck();
  await field('Authors of the manuscript').fill('Wei Zhang');
  await until('the author is left out', async () => (await excluded()).length === 1);
  await page.locator('#author-institutions').check();
  await until('colleagues too', async () => (await excluded()).length > 1);
  assert.match((await excluded()).join('\n'), /at Université de Montréal/);
});

test('nothing is remembered unless ticked', async () => {
  await page.goto(server.url);
  await ask();
  await openPanel('conflicts-panel');
  await field('Authors of the manuscript').fill('Wei Zhang');
  await page.locator('#coauthors').uncheck();
  await until('the author is left out', async () => (await excluded()).length === 1);
  assert.deepEqual(await stored(), {});
  await page.getByLabel('Remember on this device').check();
  await button('Undo Wei Zhang').click();
  assert.match(JSON.stringify(await stored()), /Wei Zhang/);

  await page.reload();
  await openPanel('conflicts-panel');
  assert.equal(await field('Authors of the manuscript').inputValue(), 'Wei Zhang');
  assert.equal(await page.locator('#coauthors').isChecked(), false);
  await page.getByText('listed anyway').waitFor();
  await ask();
  assert.ok((await names()).includes('Wei Zhang'), 'what was undone stays undone');

  await button('Forget').click();
  assert.deepEqual(await stored(), {});
  assert.equal(await field('Authors of the manuscript').inputValue(), '');
  assert.equal(await page.getByLabel('Remember on this device').isChecked(), false);
});

test('papers are compared by words when that is chosen, and each score is explained', async () => {
  await page.goto(server.url);
  await ask();
  const papers = () => page.locator('#papers h3').allTextContents();
  const first = (await papers()).join();
  assert.match(await page.locator('#people-explain').textContent(), /by meaning \(\d+.%\) and by words/);
  assert.equal(await page.locator('#papers .reading').first().textContent(), 'closer than 97.9 % of papers');
  assert.match(
    await page.locator('#people .reading').first().textContent(),
    /^closer than \d+\.\d % of people$/,
  );
  await openPanel('settings-panel');
  const choice = page.getByLabel('Papers are compared by');
  assert.match(await choice.locator('option').first().textContent(), /meaning and words/);
  await choice.selectOption('lexical');
  await until('words decide', async () => (await papers()).join() !== first);
  assert.match(await page.locator('#people-explain').textContent(), /by their words alone/);
  await button('Reset the filters').click();
  assert.equal(await choice.inputValue(), 'lexical', 'it is no filter');
  await choice.selectOption('');
  await until('all is as before', async () => (await papers()).join() === first);
});

test('filters rank again, and nothing is asked of anybody', async () => {
  await page.goto(server.url);
  await ask();
  const [first, asked_for] = [await names(), requests.length];
  await openPanel('settings-panel');
  await page.getByLabel('Their best paper').check();
  const topPaper = await page.locator('#papers .score').first().textContent();
  await until(
    'the best paper decides',
    async () => (await page.locator('#people .score').first().textContent()) === topPaper,
  );
  assert.match(await page.locator('#people-explain').textContent(), /closest paper alone/);

  await field('Years from').fill('2010');
  await field('to').fill('2012');
  await until('only those years are left', async () => {
    const lines = await page.locator('#papers .detail').allTextContents();
    return lines.length > 0 && lines.every((line) => /201[012]$/.test(line));
  });
  assert.match(await page.locator('#settings-summary').textContent(), /best paper.*2010–2012/);
  await button('Reset the filters').click();
  await page.getByLabel('Mean of their three best papers').check();
  await until('all is as before', async () => (await names()).join() === first.join());

  await field('Institution contains').fill('montreal');
  await until('people of one institution', async () => {
    const places = await page.locator('#people .body .detail').allTextContents();
    return (await names()).length > 0 && places.length === (await names()).length;
  });
  await field('Institution contains').fill('');
  await page.locator('#country').selectOption({ label: 'Canada' });
  await until('people of one country', async () => {
    const places = await page.locator('#people .body .detail').allTextContents();
    return places.length > 0 && places.length === (await names()).length;
  });
  assert.match(await page.locator('#settings-summary').textContent(), /Canada$/);
  await page.locator('#country').selectOption('');
  await field('Institution contains').fill('nowhere at all');
  await page.getByText('Nobody is left with these filters').waitFor();
  await page.locator('#people').getByRole('button', { name: 'Reset the filters' }).click();
  await until('all is as before', async () => (await names()).join() === first.join());
  assert.equal(requests.length, asked_for);
  assert.deepEqual(complaints, []);
});

test('a high minimum of papers says whom it leaves out, and falls back visibly', async () => {
  const counts = searchByCommand(site, QUERY).people.map((person) => person.papers_count);
  const most = Math.max(...counts);
  const with_most = counts.filter((count) => count === most).length;
  await page.goto(server.url);
  await ask();
  await openPanel('settings-panel');
  await field('Papers at least').fill(String(most));
  await until('few are left', async () => (await names()).length === with_most);
  const more = counts.length - with_most;
  if (more > 0) {
    assert.match(await page.locator('#people .aside').textContent(), new RegExp(`${more} more p`));
    await button('List them too').click();
    await until('everyone is listed', async () => (await names()).length === counts.length);
    assert.equal(await field('Papers at least').inputValue(), '1');
  }
  await field('Papers at least').fill('99');
  await page.locator('.fell-back').waitFor();
  assert.match(await page.locator('.fell-back').textContent(), /Nobody here has 99 papers/);
  assert.equal((await names()).length, counts.length);
});

test('why: the nearest sentences of the text, on demand', async () => {
  await page.goto(server.url);
  await ask();
  const asked_for = requests.length;
  assert.equal(await page.locator('.because').count(), 0);
  await button('Why?').first().click();
  await page.locator('.because').first().waitFor();
  const quotes = await page.locator('.because q').allTextContents();
  const sentences = sentencesOf(QUERY);
  assert.ok(quotes.length <= 3);
  for (const quote of quotes) assert.ok(sentences.includes(quote), quote);
  assert.equal(requests.length, asked_for);
  await screenshot('evidence-wide');
  await button('Hide why').click();
  assert.equal(await page.locator('.because').count(), 0);
  await button('Why?').first().click();
  await page.locator('.because').first().waitFor();
  await ask(`${QUERY} And more.`);
  assert.equal(await page.locator('.because').count(), 0, 'another text, other evidence');
});

test('the short-list is kept here, with notes, and leaves as CSV, JSON and text', async () => {
  await page.goto(server.url);
  await ask();
  const [one, , three] = await names();
  await button(`Keep ${one} on the short-list`).click();
  await button(`Keep ${three} on the short-list`).click();
  assert.equal(await button(`Keep ${one} on the short-list`).getAttribute('aria-pressed'), 'true');
  await openPanel('shortlist-panel');
  await page.getByLabel(`Note on ${one}`).fill('=1+1, ask "soon"');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.note-text').first().textContent(), '=1+1, ask "soon"');
  assert.equal(await page.locator('.note-text').first().isVisible(), true);
  assert.equal(await page.locator('#query').isVisible(), false);
  await page.emulateMedia({ media: 'screen' });
  await screenshot('short-list-wide');
  assert.ok(!JSON.stringify(await stored()).includes('ripples'), 'nothing of the text is stored');

  await page.reload();
  await openPanel('shortlist-panel');
  assert.deepEqual(await page.locator('#shortlist h3').allTextContents(), [one, three]);
  assert.equal(await page.getByLabel(`Note on ${one}`).inputValue(), '=1+1, ask "soon"');

  const csv = await downloaded(page.locator('#shortlist').getByRole('button', { name: 'Save as CSV' }));
  assert.equal(csv.name, 'reviewers-short-list.csv');
  assert.deepEqual([...csv.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const lines = csv.bytes.toString().split('\r\n');
  assert.equal(lines.length, 4);
  assert.ok(lines[1].startsWith(`${one},`));
  assert.ok(lines[1].includes(`"'=1+1, ask ""soon"""`));
  const json = await downloaded(page.locator('#shortlist').getByRole('button', { name: 'Save as JSON' }));
  assert.deepEqual(
    JSON.parse(json.bytes.toString()).people.map(({ name, note }) => [name, note]),
    [
      [one, '=1+1, ask "soon"'],
      [three, ''],
    ],
  );
  await page.locator('#shortlist').getByRole('button', { name: 'Copy as text' }).click();
  await page.getByText('Copied as text.').waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`^1\\. ${one}`));

  await button(`Remove ${one}`).click();
  await button('Empty the list').click();
  assert.deepEqual(await stored(), {});
  assert.deepEqual(complaints, []);
});

test('what other hands stored does no harm', async () => {
  await page.addInitScript(() => {
    localStorage.setItem('refscout.shortlist', '[{"key": 1}, null, {"key": "a", "name": "b", "note": "c"}]');
    localStorage.setItem('refscout.conflicts', '{"texts": [7], "undone": [3, null, {}]}');
  });
  await page.goto(server.url);
  await ask();
  assert.equal((await names()).length, 7);
  assert.match(await page.locator('#shortlist-summary').textContent(), /Empty/);
  assert.deepEqual(complaints, []);
});

test('the ranking leaves as CSV too', async () => {
  await page.goto(server.url);
  await ask();
  const { bytes, name } = await downloaded(
    page.locator('#people-give').getByRole('button', { name: 'Save as CSV' }),
  );
  assert.equal(name, 'reviewers.csv');
  const rows = bytes.toString().trim().split('\r\n').slice(1);
  assert.deepEqual(
    rows.map((row) => row.split(',')[0]),
    await names(),
  );
});

async function downloaded(locator) {
  const [download] = await Promise.all([page.waitForEvent('download'), locator.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test('a link holds the settings, and the text only when wanted', async () => {
  await page.goto(server.url);
  await ask();
  await openPanel('settings-panel');
  await page.getByLabel('Their best paper').check();
  await field('Years from').fill('2001');
  await button('Copy link to these settings').click();
  await page.getByText('nothing of your text').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(new URL(link).hash, '#aggregate=best&year_from=2001');
  assert.equal(new URL(link).search, '');

  await page.getByLabel('with my text in it').check();
  await button('Copy link to these settings').click();
  await page.getByText('The link is copied. It contains the settings and your text').waitFor();
  const with_text = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(new URL(with_text).search, '', 'behind the #, which no server sees');

  await open();
  await page.goto(with_text);
  await page.locator('#people h3').first().waitFor();
  assert.equal(await box().inputValue(), QUERY);
  assert.equal(await page.getByLabel('Their best paper').isChecked(), true);
  assert.equal(await field('Years from').inputValue(), '2001');
  assert.ok(requests.every((url) => !url.includes('ripples')));
});

test('as one types, when wanted', async () => {
  await page.goto(server.url);
  await page.waitForSelector('#status:not([hidden])');
  await page.getByLabel('Search as I type').uncheck();
  await box().pressSequentially('grid cells');
  await page.waitForTimeout(1000);
  assert.equal(await page.locator('#results').isVisible(), false);
  await page.getByLabel('Search as I type').check();
  await page.locator('#people h3').first().waitFor();
  await box().pressSequentially(' and sleep');
  await page.waitForFunction(() => document.querySelector('#asked').textContent === 'grid cells and sleep');
  assert.equal(await box().evaluate((area) => document.activeElement === area), true);
});

for (const [width, colorScheme] of [
  [1280, 'light'],
  [1280, 'dark'],
  [360, 'light'],
  [360, 'dark'],
]) {
  test(`axe-core finds nothing serious: ${width} px, ${colorScheme}`, async () => {
    await open({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(server.url);
    await ask();
    for (const id of ['settings-panel', 'conflicts-panel', 'shortlist-panel']) await openPanel(id);
    await field('Authors of the manuscript').fill('Wei Zhang; Nobody Atall');
    await until('co-authors are left out', async () => (await excluded()).length > 1);
    await page.locator('[data-action="undo"]').first().click();
    await page.locator('[data-action="star"]').first().click();
    await page.locator('[data-action="why"]').first().click();
    await page.locator('.because').first().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, 'nothing is wider than the window');
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run());
    const grave = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
    assert.deepEqual(grave, []);
    await screenshot(`reviewers-${width}-${colorScheme}`);
  });
}

async function screenshot(name) {
  if (!SCREENSHOTS) return;
  await page.screenshot({ path: path.resolve(root, SCREENSHOTS, `${name}.png`), fullPage: true });
}
