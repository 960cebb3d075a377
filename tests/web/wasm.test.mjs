// worker/wasm.js over the real modules, which must answer as the command does; and over a fake one,
// for what the real ones do only in need.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import v8 from 'node:v8';
import { createEngine } from '../../web/worker/wasm.js';
import { assertSameAnswer, buildSite, QUERY, refscout, searchByCommand } from './site_fixture.mjs';

// Node 20 has relaxed SIMD behind this flag, later ones have it without. It must come before any
// module is compiled.
v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
const { chooseFeatures } = await import('../../web/worker/features.js');

const TEXTS = [QUERY, 'grid cells', '', 'Zoë O’Neill 海馬 🧠 \ud800 \0 x', 'long text, '.repeat(5000)];

/** Whole file into the module, as the worker does with pieces. */
function fill(engine, name) {
  const bytes = readFileSync(name);
  const block = engine.reserve(bytes.length, 'the test');
  block.view(0, bytes.length).set(bytes);
  return block;
}

const sites = {};
before(() => {
  for (const weights of ['int8', 'f32']) sites[weights] = buildSite(weights);
});
after(() => {
  for (const site of Object.values(sites)) site.remove();
});

async function engineOf(site, variant) {
  const { default: factory } = await import(path.join(site.dir, `wasm/refscout-${variant}.js`));
  return createEngine(await factory());
}

for (const variant of ['simd', 'relaxed']) {
  for (const [weights, tolerance] of [
    ['f32', 1e-5], // seen: 1e-6, which is the last digit printed; 2e-6 for the hybrid
    ['int8', 2e-4], // seen: 1.4e-5 with plain SIMD, 6e-6 with relaxed; 7e-5 for the hybrid
  ]) {
    test(`${variant}, ${weights}: the command's answers`, async (t) => {
      if (variant === 'relaxed' && !chooseFeatures(1).relaxed) return t.skip('no relaxed SIMD here');
      const site = sites[weights];
      const engine = await engineOf(site, variant);
      const block = fill(engine, site.model);
      const sum = block.sha256(0, block.bytes);
      const info = engine.openModel(block, sum, 1);
      assert.equal(info.sha256, sum);
      assert.equal(info.int8, weights === 'int8');
      const index = engine.openIndex(fill(engine, site.index));
      assert.equal(index.model_sha256, sum);

      let largest = 0;
      let largest_hybrid = 0;
      for (const text of TEXTS) {
        const want = searchByCommand(site, text, 10, ['--score', 'cosine']);
        const got = await engine.search(text, { score: 'cosine' });
        largest = Math.max(largest, assertSameAnswer(got, want, tolerance));

        // Of the text's words alone: not a digit may differ.
        const by_words = searchByCommand(site, text, 10, ['--score', 'lexical']);
        assert.deepEqual(engine.rank({ score: 'lexical' }), by_words);

        const hybrid = searchByCommand(site, text);
        assert.equal(hybrid.query.score, 'hybrid');
        largest_hybrid = Math.max(
          largest_hybrid,
          assertSameAnswer(engine.rank({ score: 'hybrid' }), hybrid, tolerance),
        );
        assert.deepEqual(engine.rank(), engine.rank({ score: 'hybrid' }), "the index's own");
        assertSameAnswer(
          engine.rank({ score: 'centred' }),
          searchByCommand(site, text, 10, ['--score', 'centred']),
          tolerance,
        );
      }
      const line = QUERY.replace(/\s+/g, ' ');
      const want = JSON.parse(refscout(['encode', '--model', site.model], `${line}\n`));
      const got = await engine.embed(line, info.hidden_size);
      assert.equal(got.embedding.length, info.hidden_size);
      assert.equal(got.tokens, want.tokens);
      const scale = Math.max(...want.embedding.map(Math.abs));
      got.embedding.forEach((value, i) => {
        assert.ok(Math.abs(value - want.embedding[i]) <= 10 * tolerance * scale);
      });
      t.diagnostic(`scores differ by at most ${largest}, hybrid ones by ${largest_hybrid}`);
      engine.close();
    });
  }
}

test('files that are none, and files that do not belong together', async () => {
  const engine = await engineOf(sites.f32, 'simd');
  const junk = engine.reserve(100, 'the test');
  junk.view(0, 100).fill(7);
  assert.throws(() => engine.openModel(junk, '0'.repeat(64), 1), { code: 'RS_ERR_FORMAT' });

  const model = fill(engine, sites.f32.model);
  engine.openModel(model, model.sha256(0, model.bytes), 1);
  await assert.rejects(engine.search('before an index'), { code: 'RS_ERR_ARGUMENT' });
  const other = fill(engine, sites.int8.index);
  assert.throws(
    () => engine.openIndex(other),
    (thrown) => {
      assert.equal(thrown.code, 'RS_ERR_MISMATCH');
      assert.match(thrown.message, /^[A-Z].*\.$/s, 'a sentence');
      return true;
    },
  );
  engine.openIndex(fill(engine, sites.f32.index));
  assert.equal((await engine.search('afterwards all is well', { top: 3 })).people.length, 3);
});

test('a text is given up between two layers, and the next one is whole', async () => {
  const { f32 } = sites;
  const engine = await engineOf(f32, 'simd');
  const model = fill(engine, f32.model);
  const { layers } = engine.openModel(model, model.sha256(0, model.bytes), 1);
  engine.openIndex(fill(engine, f32.index));
  let pauses = 0;
  const whole = await engine.search(QUERY, { top: 5 }, async () => void pauses++);
  assert.equal(pauses, layers - 1);
  const given_up = engine.search('another text', {}, () => Promise.reject(new Error('a newer one')));
  await assert.rejects(given_up, /a newer one/);
  assert.deepEqual(engine.rank({ top: 5 }), whole, 'the scores are still those of the text before');
  assert.deepEqual(await engine.search(QUERY, { top: 5 }), whole);
});

test('other options rank the same text again', async () => {
  const { f32 } = sites;
  const engine = await engineOf(f32, 'simd');
  const model = fill(engine, f32.model);
  engine.openModel(model, model.sha256(0, model.bytes), 1);
  engine.openIndex(fill(engine, f32.index));
  const first = await engine.search(QUERY, { top: 5 });
  const [best] = first.people;
  await engine.embed('meanwhile another text', 48); // does not disturb
  const second = engine.rank({ top: 5, left_out: [best.person] });
  assert.deepEqual(second.papers, first.papers);
  assert.deepEqual(
    second.people.slice(0, 4).map(({ name }) => name),
    first.people.slice(1).map(({ name }) => name),
  );
  const recent = engine.rank({ year_from: 2010, year_to: 2012 });
  assert.ok(recent.papers.length > 0);
  assert.ok(recent.papers.every(({ year }) => year >= 2010 && year <= 2012));
  assert.deepEqual(engine.rank({ top: 5 }), first, 'nothing stays left out');
  assert.equal(engine.rank({ aggregate: 'best' }).people[0].score, first.papers[0].score);
  assert.deepEqual(engine.rank({ min_papers: 1000 }).people, []);
  assert.throws(() => engine.rank({ aggregate: 'worst' }), { code: 'RS_ERR_ARGUMENT' });
});

test('conflicts name people and reasons', async () => {
  const { f32 } = sites;
  const engine = await engineOf(f32, 'simd');
  const model = fill(engine, f32.model);
  engine.openModel(model, model.sha256(0, model.bytes), 1);
  engine.openIndex(fill(engine, f32.index));
  const { authors, blocked, institutions, excluded } = engine.conflicts({
    institutions: ['University of Nowhere'],
    authors: ['Jurgen Gross', 'jürgen groß', 'Nobody Atall'],
    blocked: ['Ida Ek'],
    coauthors_since: 0,
  });
  assert.deepEqual(authors.at(-1), { typed: 'Nobody Atall', people: [] });
  assert.deepEqual(institutions, [{ typed: 'University of Nowhere', people: [] }]);
  assert.equal(authors[1].people.length, 1);
  assert.equal(blocked[0].people.length, 1);
  const reasonOf = (name) => excluded.find((person) => person.name === name)?.reason;
  assert.equal(reasonOf('Jürgen Groß'), 'author');
  assert.ok(excluded.some(({ reason, detail }) => reason === 'coauthor' && detail.includes('Jürgen Groß')));
  assert.ok(['blocked', 'coauthor'].includes(reasonOf('Ida Ek')));
  const people = excluded.map(({ person }) => person);
  assert.equal(new Set(people).size, people.length, 'each once');
  assert.deepEqual(engine.conflicts({}).excluded, []);
});

// ---- A fake module ------------------------------------------------------------------------------

/** @param {object} changes */
function fake(changes = {}) {
  return {
    HEAPU8: new Uint8Array(4096),
    _rsw_alloc: () => 64,
    _rsw_free() {},
    _rsw_error: () => 0,
    _rsw_embed_begin: () => 0,
    ...changes,
  };
}

test('no memory is an error with advice', async () => {
  const engine = createEngine(fake({ _rsw_alloc: () => 0 }));
  assert.throws(() => engine.reserve(1e9, 'the model'), {
    code: 'RS_ERR_MEMORY',
    message: /for the model\. Close/,
  });
  await assert.rejects(engine.search('text'), { code: 'RS_ERR_MEMORY' });
});

test('memory that cannot grow is the same error', () => {
  const _rsw_alloc = () => {
    throw new RangeError('WebAssembly.Memory.grow(): maximum memory size exceeded');
  };
  assert.throws(() => createEngine(fake({ _rsw_alloc })).reserve(1e9, 'the model'), {
    code: 'RS_ERR_MEMORY',
  });
});

test('the quick sum is XXH64, and sees one bit', async () => {
  const engine = await engineOf(sites.int8, 'simd');
  const abc = engine.reserve(3, 'a text');
  abc.view(0, 3).set([97, 98, 99]);
  assert.equal(abc.checksum(0, 3), '44bc2cf5ad770999'); // as xxhsum -H64 says
  const block = fill(engine, sites.int8.index);
  const sum = block.checksum(0, block.bytes);
  for (const at of [0, 77, block.bytes - 1]) {
    block.view(at, 1)[0] ^= 16;
    assert.notEqual(block.checksum(0, block.bytes), sum);
    block.view(at, 1)[0] ^= 16;
  }
  assert.equal(block.checksum(0, block.bytes), sum);
});

test('a view is taken anew after memory has grown', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = fake({ HEAPU8: new Uint8Array(memory.buffer) });
  module._rsw_alloc = () => {
    memory.grow(1); // detaches the view above
    module.HEAPU8 = new Uint8Array(memory.buffer);
    return 65_536;
  };
  const block = createEngine(module).reserve(4, 'the model');
  block.view(1, 2).set([5, 6]);
  assert.deepEqual([...module.HEAPU8.subarray(65_536, 65_540)], [0, 5, 6, 0]);
  assert.throws(() => block.view(3, 2), RangeError);
});

test('pointers above 2 GiB are not negative', () => {
  const asked = [];
  const HEAPU8 = { subarray: (...range) => asked.push(range) };
  const engine = createEngine(fake({ HEAPU8, _rsw_alloc: () => -0x40000000 }));
  engine.reserve(8, 'the model').view(2, 1);
  assert.deepEqual(asked, [[0xc0000002, 0xc0000003]]);
});

test('after a trap the module is not called again', async () => {
  let calls = 0;
  const engine = createEngine(
    fake({
      _rsw_embed_begin() {
        calls++;
        throw new WebAssembly.RuntimeError('unreachable');
      },
    }),
  );
  await assert.rejects(engine.search('text'), { code: 'RS_ERR_INTERNAL' });
  await assert.rejects(engine.search('text'), { code: 'RS_ERR_INTERNAL' });
  assert.equal(calls, 1);
});
