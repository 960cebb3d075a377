// Modules that are made to compute wrong numbers, as an engine with a fault would: the model's self-test notices,
// the plain module takes the place of the one with relaxed SIMD, and when that is wrong too nothing is ranked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './page_fixture.mjs';
import { buildSite, QUERY, searchByCommand } from './site_fixture.mjs';
import { serve } from './site_server.mjs';

/** Instructions behind the SIMD prefix, and others with the same operands: products of int8 or int16, whatever kernel. */
const CHANGES = {
  relaxed: [
    [0x92, 0x02, 0x91, 0x02], // i16x8.relaxed_dot_i8x16_i7x16_s -> i16x8.relaxed_q15mulr_s
    [0x93, 0x02, 0x89, 0x02], // i32x4.relaxed_dot_i8x16_i7x16_add_s -> i8x16.relaxed_laneselect
  ],
  simd: [[0xba, 0x01, 0xb5, 0x01]], // i32x4.dot_i16x8_s -> i32x4.mul
};

function spoil(bytes, changes) {
  const spoiled = Buffer.from(bytes);
  let count = 0;
  for (const [from, more, to, also] of changes) {
    for (let i = 0; i + 2 < spoiled.length; i++) {
      if (spoiled[i] !== 0xfd || spoiled[i + 1] !== from || spoiled[i + 2] !== more) continue;
      spoiled.set([to, also], i + 1);
      count++;
    }
  }
  assert.ok(count > 10, `${count} products changed`);
  return spoiled;
}

let site;
let browser;
before(async () => {
  site = buildSite();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  site?.remove();
});

/** The page from a server whose modules of these kinds are spoiled. */
async function openSpoiled(t, kinds) {
  const intercept = (request, response, bytes) => {
    const kind = kinds.find((name) => request.url?.startsWith(`/wasm/refscout-${name}`));
    if (!kind || !request.url?.endsWith('.wasm') || !bytes) return false;
    response.writeHead(200, { 'content-type': 'application/wasm' }).end(spoil(bytes, CHANGES[kind]));
    return true;
  };
  const server = await serve(site.dir, { intercept });
  const { page, context } = await openPage(browser);
  t.after(async () => {
    await context.close();
    await server.close();
  });
  await page.goto(server.url);
  return page;
}

test('relaxed SIMD that computes wrong: the plain module ranks, and the page says so', async (t) => {
  const page = await openSpoiled(t, ['relaxed']);
  await page.waitForSelector('#status:not([hidden])');
  const facts = await page.locator('#status li').allTextContents();
  assert.ok(facts.includes('int8 SIMD'), facts.join());
  assert.ok(
    facts.some((fact) => /compute wrong results on this device/.test(fact)),
    facts.join(),
  );
  await page.fill('#text', QUERY);
  await page.click('#query button[type=submit]');
  await page.waitForSelector('#results:not([hidden])[aria-busy="false"]');
  const { people } = searchByCommand(site, QUERY);
  assert.deepEqual(
    await page.locator('#people h3').allTextContents(),
    people.map(({ name }) => name),
  );
});

test('no module computes right: nothing is ranked', async (t) => {
  const page = await openSpoiled(t, ['relaxed', 'simd']);
  await page.waitForSelector('#problem:not([hidden])');
  assert.match(await page.textContent('#problem'), /The self-test failed with/);
  await page.fill('#text', QUERY);
  await page.click('#query button[type=submit]');
  assert.equal(await page.isVisible('#results'), false);
});

test('without the self-test the same fault would rank', async () => {
  // That is: the spoiled module runs, and gives other numbers; the guard has something to notice.
  const { default: factory } = await import(`${site.dir}/wasm/refscout-simd.js`);
  const { readFileSync } = await import('node:fs');
  const { createEngine } = await import('../../web/worker/wasm.js');
  const wasmBinary = spoil(readFileSync(`${site.dir}/wasm/refscout-simd.wasm`), CHANGES.simd);
  const engine = createEngine(await factory({ wasmBinary }));
  const open = (bytes) => {
    const block = engine.reserve(bytes.length, 'the test');
    block.view(0, bytes.length).set(bytes);
    return engine.openModel(block, block.sha256(0, bytes.length), 1);
  };
  const bytes = readFileSync(site.model);
  assert.throws(() => open(bytes), { code: 'RS_ERR_KERNEL' });
  for (const key of ['self_test_text', 'self_test_sha256']) bytes.write('x', bytes.indexOf(key));
  const { hidden_size } = open(bytes);
  const { embedding } = await engine.embed(QUERY, hidden_size);
  assert.ok(embedding.every(Number.isFinite));
});
