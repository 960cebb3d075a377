// The main journey of a reader, the same in every engine: the first visit to a plain server, people and papers,
// the evidence, conflicts of interest, a visit without a network, the preview on a submission form.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { QUERY, searchByCommand } from './site_fixture.mjs';

/**
 * @typedef {object} Browser  one page of one engine
 * @property {(url: string) => Promise<void>} go
 * @property {(expression: string) => Promise<any>} evaluate  what an expression in the page gives
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Engine  what the page should make of it
 * @property {boolean} relaxed  whether it has relaxed SIMD
 * @property {boolean} threads  whether isolation gives it threads
 */

/** Browsers under load are slow; nothing takes this long unless it never comes. */
const PATIENCE_MS = 60_000;

/** @param {import('node:test').TestContext} t
 * @param {Browser} browser
 * @param {Engine} engine
 * @param {{model: string, index: string}} site
 * @param {{url: string, seen: string[], close: () => Promise<void>}} server  plain, without headers */
export async function journey(t, browser, engine, site, server) {
  const { go, evaluate } = browser;

  async function until(expression) {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      if (await evaluate(`Boolean(${expression})`)) return;
      await sleep(100);
    }
    assert.fail(`waited in vain for ${expression}; the page:\n${await evaluate('document.body.innerText')}`);
  }
  const all = (selector) =>
    evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((found) => found.textContent)`);
  const text = async (selector) => (await all(selector)).join('\n');
  const click = (selector) => evaluate(`void document.querySelector(${JSON.stringify(selector)}).click()`);
  /** As if typed. */
  const fill = (selector, value) =>
    evaluate(`void ((field) => {
      field.value = ${JSON.stringify(value)};
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new Event('change', { bubbles: true }));
    })(document.querySelector(${JSON.stringify(selector)}))`);
  const names = () => all('#people h3');

  async function visit() {
    await go(server.url);
    await until(`document.querySelector('#status:not([hidden])')`);
  }
  async function ask() {
    await fill('#text', QUERY);
    await click('#query button[type=submit]');
    await until(`document.querySelector('#results:not([hidden])[aria-busy="false"]')`);
    return { people: await names(), papers: await all('#papers h3') };
  }
  const wanted = ({ people, papers }) => ({
    people: people.map(({ name }) => name),
    papers: papers.map(({ title }) => title),
  });
  const ranking = wanted(searchByCommand(site, QUERY));

  await t.test('the first visit ranks as the command does, and sends nothing', async () => {
    await visit();
    assert.equal(await evaluate('crossOriginIsolated'), false);
    const facts = await all('#status li');
    assert.ok(facts.includes(engine.relaxed ? 'relaxed SIMD' : 'SIMD'), facts.join());
    assert.ok(facts.includes('1 thread'), facts.join());
    await until(`/Works without a networkyes/.test(document.querySelector('#stored').textContent)`);
    server.seen.length = 0;
    assert.deepEqual(await ask(), ranking);
    assert.deepEqual(server.seen, [], 'no request once text is typed');
  });

  await t.test('a person’s evidence: the sentence nearest to each paper', async () => {
    await click('#people [data-action=why]');
    await until(`document.querySelector('#people .because q')`);
    const sentence = await evaluate(`document.querySelector('#people .because q').textContent`);
    assert.ok(QUERY.replace(/\s+/g, ' ').includes(sentence), sentence);
  });

  await t.test('conflicts of interest: left out, listed with the reason, and taken back', async () => {
    const [first] = ranking.people;
    await click('#conflicts-panel summary');
    await fill('#authors', first);
    await until(`/${first}/.test(document.querySelector('#exclusions').textContent)`);
    await until(`![...document.querySelectorAll('#people h3')].some((h) => h.textContent === '${first}')`);
    assert.match(await text('#exclusions li'), new RegExp(`${first} author of the manuscript`));
    assert.match(await text('#exclusions li'), /co-author of/);
    await click('#exclusions [data-action=undo]');
    await until(`[...document.querySelectorAll('#people h3')].some((h) => h.textContent === '${first}')`);
    assert.deepEqual(server.seen, [], 'nothing of it is asked of anybody');
  });

  await t.test('the second visit: from what is kept, with as many threads as the engine gives', async () => {
    server.seen.length = 0;
    await visit();
    assert.equal(await evaluate('crossOriginIsolated'), true);
    const cores = Math.min(8, await evaluate('navigator.hardwareConcurrency'));
    const threads = engine.threads ? cores : 1;
    assert.ok((await all('#status li')).includes(threads === 1 ? '1 thread' : `${threads} threads`));
    assert.deepEqual(await ask(), ranking);
    const pieces = server.seen.filter((name) => name.includes('/pieces/'));
    assert.deepEqual(pieces, []);
  });

  await t.test('the preview on a submission form finds the same', async () => {
    await go(`${server.url}submit.html`);
    const root = `document.querySelector('submission-preview').shadowRoot`;
    await until(`customElements.get('submission-preview') && ${root}?.querySelector('[data-action=run]')`);
    await fill('#abstract', QUERY);
    await evaluate(`void ${root}.querySelector('[data-action=run]').click()`);
    await until(`${root}.querySelector('section[part=papers] li')`);
    const listed = (list) =>
      evaluate(
        `[...${root}.querySelectorAll('section[part=${list}] li')].map((item) => item.firstChild.textContent)`,
      );
    const found = { people: await listed('people'), papers: await listed('papers') };
    assert.deepEqual(found, wanted(searchByCommand(site, QUERY, 5)));
  });

  await t.test('without a network: the same ranking, and conflicts too', async () => {
    await server.close();
    await visit();
    await until(`/No network/.test(document.querySelector('#app').textContent)`);
    assert.deepEqual(await ask(), ranking);
    await fill('#blocked', ranking.people[1]);
    await until(`/on your block list/.test(document.querySelector('#exclusions').textContent)`);
    await until(
      `![...document.querySelectorAll('#people h3')].some((h) => h.textContent === '${ranking.people[1]}')`,
    );
  });
}
