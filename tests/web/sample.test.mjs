// The sample: what it is, and what is found in it by the page as tools/serve.sh starts it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { EXAMPLES } from '../../web/page/examples.js';
import { launch, openPage } from './page_fixture.mjs';
import { root } from './site_fixture.mjs';

const read = (/** @type {string} */ name) => readFileSync(path.join(root, name), 'utf8');
/** @type {{title: string, abstract: string, doi?: string, year: number, source: string,
 *   authors: {name: string, institution: string, orcid?: string}[]}[]} */
const papers = JSON.parse(read('web/sample/papers.json'));

const words = (/** @type {string} */ text) => text.split(/\s+/).filter(Boolean);
const plain = (/** @type {string} */ text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
/** All runs of so many words. */
const runs = (/** @type {string} */ text, /** @type {number} */ n) => {
  const all = plain(text);
  return new Set(all.slice(n - 1).map((_, i) => all.slice(i, i + n).join(' ')));
};
const isPreprint = (/** @type {{doi?: string}} */ { doi }) => /v\d$/.test(doi ?? '');

test('the sample is invented, says so, and names nothing that exists', () => {
  for (const { title, source, doi } of papers) {
    assert.match(source, /invented/, title);
    if (doi) assert.match(doi, /^10\.5555\/refscout\./, title); // the prefix kept for examples
  }
  assert.ok(papers.some(({ doi }) => !doi));
  // ORCIDs begin at 0000-0001-5000-0007.
  const orcids = papers.flatMap(({ authors }) => authors.map(({ orcid }) => orcid)).filter(Boolean);
  for (const orcid of orcids) assert.match(String(orcid), /^0000-0000-0000-/);
});

test('about 150 papers of 100 to 200 words by about 60 people with 2 to 8 papers each', () => {
  const published = papers.filter((paper) => !isPreprint(paper));
  assert.ok(published.length >= 140 && published.length <= 165, `${published.length} papers`);
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { authors } of published) {
    for (const { orcid, name } of authors) counts.set(orcid ?? name, (counts.get(orcid ?? name) ?? 0) + 1);
  }
  assert.ok(counts.size >= 55 && counts.size <= 70, `${counts.size} people`);
  for (const [who, count] of counts) assert.ok(count >= 2 && count <= 8, `${who}: ${count} papers`);
  for (const { title, abstract, year, authors } of papers) {
    const length = words(abstract).length;
    assert.ok(length >= 100 && length <= 200, `${title}: ${length} words`);
    assert.ok(year >= 2012 && year <= 2026, title);
    assert.ok(authors.length > 0);
    for (const { institution } of authors) assert.match(institution, /, \p{Lu}[\p{L} ]+$/u); // a country
  }
});

test('no abstract repeats another, but for the two versions of one paper', () => {
  /** @type {Map<string, string>} */
  const seen = new Map();
  for (const { title, abstract } of papers.filter((paper) => !isPreprint(paper))) {
    for (const run of runs(abstract, 7)) {
      assert.equal(seen.get(run), undefined, `"${run}" in "${title}" and "${seen.get(run)}"`);
      seen.set(run, title);
    }
  }
});

test('a namesake, names with an initial, a preprint', () => {
  const authors = papers.flatMap((paper) => paper.authors);
  const namesakes = new Set(authors.filter(({ name }) => name === 'Lena Hartvig').map(({ orcid }) => orcid));
  assert.equal(namesakes.size, 2);
  for (const short of authors.filter(({ name }) => /^\p{L}\. /u.test(name))) {
    const family = short.name.slice(3);
    const same = authors.find(({ name, orcid }) => orcid === short.orcid && name !== short.name);
    assert.ok(same?.name.endsWith(family), `${short.name} has a full name by ORCID`);
  }
  const [preprint, ...others] = papers.filter(isPreprint);
  assert.equal(others.length, 0);
  const base = preprint.doi?.replace(/v\d$/, '');
  assert.equal(papers.filter(({ doi }) => doi === base).length, 1);
});

test('each example has a button, 80 to 150 words, and no words of the sample', () => {
  const page = read('web/index.html');
  const buttons = [...page.matchAll(/data-example="(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(buttons, Object.keys(EXAMPLES));
  assert.equal(buttons.length, 5);
  const taken = new Set(papers.flatMap(({ title, abstract }) => [...runs(`${title}. ${abstract}`, 7)]));
  for (const [name, text] of Object.entries(EXAMPLES)) {
    const length = words(text).length;
    assert.ok(length >= 80 && length <= 150, `${name}: ${length} words`);
    for (const run of runs(text, 7)) assert.ok(!taken.has(run), `${name}: "${run}"`);
  }
});

// ---- The first start ----------------------------------------------------------------------------

let server, url, browser;

before(async () => {
  server = spawn(path.join(root, 'tools/serve.sh'), ['--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    url = /served at (\S+)/.exec(line)?.[1];
    if (url) break;
  }
  assert.ok(url, 'tools/serve.sh serves nothing');
  browser = await launch();
});
after(async () => {
  await browser?.close();
  if (server?.exitCode === null && server.kill()) await once(server, 'exit');
});

test('the first start says that its papers and people are invented', async () => {
  const { context, page, complaints } = await openPage(browser);
  await page.goto(url);
  await page.waitForSelector('#status:not([hidden])');
  assert.match(await page.locator('.notice.collection').textContent(), /invented/);
  await page.getByRole('button', { name: 'Sleep and memory' }).click();
  await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
  assert.match(await page.locator('.notice.collection').textContent(), /invented/);
  assert.deepEqual(complaints, []);
  await context.close();
});

/** Who should review each example: everyone in the sample with two papers or more on exactly that. Lena
 * Hartvig has a namesake who maps brain tissue. */
const RIGHT = {
  // Sleep after learning, replay, spindles and what is remembered.
  'Sleep and memory': ['Yuki Tanemura', 'Haruto Ishimori', 'Ines Okafor-Lind', 'Daniel Asante-Moore'],
  // Microglia, amyloid, tau and synapses.
  Microglia: ['Aoife Brannigan', 'Niamh Tolland', 'Pavel Dusík', 'Leila Farrokhzad', 'Rashid Elmahdi'],
  // Decoding movement from implants in motor cortex.
  'Neural interfaces': ['Sigrid Halvorsdatter', 'Emeka Nwachukwu-Bell', 'Caleb Winters-Roy', 'Hana Seorin'],
  // Pain after injury of nerves, spinal inhibition, nociceptors.
  'Nerve pain': ['Lena Hartvig', 'Astrid Fjellheim', 'Ragnhild Osei', 'Mateus Corvalho'],
  // Listening to speech among other voices, with ageing ears, hearing aids and implants.
  'Speech in noise': ['Oluwaseun Pettersen', 'Bronwyn Achterberg', 'Dermot Lacey', 'Kiri Tamahana'],
};

for (const [how, kind] of Object.entries({ 'as the index says': '', 'by meaning alone': 'centred' })) {
  test(`each example finds the right people at one click, ${how}`, async (t) => {
    const { context, page, complaints } = await openPage(browser);
    await page.goto(url);
    await page.waitForSelector('#status:not([hidden])');
    await page.locator('#settings-panel summary').click();
    await page.locator('#score-kind').selectOption(kind);
    for (const [label, right] of Object.entries(RIGHT)) {
      await t.test(label, async () => {
        await page.getByRole('button', { name: label, exact: true }).click();
        await page.waitForFunction(
          () => document.querySelector('#asked').textContent === document.querySelector('#text').value,
        );
        const listed = await page.locator('#people .ranking > li').allInnerTexts();
        const first = listed.slice(0, 3);
        for (const person of first) {
          assert.ok(
            right.some((name) => person.includes(name)),
            `not one of ${right.join(', ')}: ${person}`,
          );
          assert.ok(!person.includes('Connectomics Centre'), person);
        }
        assert.equal(first.length, 3);
      });
    }
    assert.match(await page.locator('#people-explain').textContent(), kind ? /by meaning\./ : /and by words/);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}
