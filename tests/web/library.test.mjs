// lib/refscout.js and the worker under it, in Node, over the built site.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { assertSameAnswer, buildSite, manifestOf, QUERY, searchByCommand } from './site_fixture.mjs';
import { below, serve } from './site_server.mjs';

let site, server, load, prepare, RefscoutError;
before(async () => {
  site = buildSite();
  server = await serve(site.dir);
  ({ load, prepare, RefscoutError } = await import(
    pathToFileURL(path.join(site.dir, 'lib/refscout.js')).href
  ));
});
after(async () => {
  await server?.close();
  site?.remove();
});
beforeEach(() => {
  if (server) server.options.intercept = undefined;
});

/** @param {string} name
 * @param {(scout: any) => Promise<void>} body */
const withScout = (name, body) =>
  test(name, async () => {
    const scout = await load({ base: server.url });
    try {
      await body(scout);
    } finally {
      scout.close();
    }
  });

test('load tells what runs, and how far it is', async () => {
  const seen = [];
  const scout = await load({ base: server.url, onProgress: (progress) => seen.push(progress) });
  const { info } = scout;
  scout.close();
  assert.match(info.kernel, /^int8 (relaxed )?SIMD/);
  assert.equal(info.threads, 1);
  assert.match(info.module.name, /^refscout-(simd|relaxed)$/);
  assert.equal(info.index.papers, 48);
  assert.equal(info.model.sha256, info.index.model_sha256);
  assert.equal(seen[0].phase, 'start');
  assert.equal(seen.at(-1).phase, 'open');
  assert.equal(seen.at(-1).done_bytes, seen.at(-1).total_bytes);
});

test('load goes on with what prepare began, once, and with the same settings only', async () => {
  /** How many workers have asked for the manifest, once as many as expected have had the time to. */
  const manifests = async (/** @type {number} */ expected) => {
    const count = () => server.seen.filter((name) => name.endsWith('manifest.json')).length;
    for (let wait = 0; wait < 100 && count() < expected; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return count();
  };
  const asked = [];
  const confirm = (need) => asked.push(need.missing_bytes) > 0;
  server.seen.length = 0;
  prepare({ base: server.url, threads: 1 });
  const other = await load({ base: server.url, threads: 2, confirm });
  assert.equal(await manifests(2), 2, 'another number of threads: a worker of its own');
  const scout = await load({ base: server.url, threads: 1, confirm });
  assert.equal(await manifests(2), 2);
  const later = await load({ base: server.url, threads: 1, confirm });
  assert.equal(await manifests(3), 3);
  assert.equal(new Set(asked).size, 1);
  assertSameAnswer(await scout.search(QUERY), searchByCommand(site, QUERY), 2e-4);
  for (const each of [other, scout, later]) each.close();

  prepare({ base: `${server.url}nowhere/` });
  await assert.rejects(load({ base: `${server.url}nowhere/` }), { code: 'RS_ERR_NETWORK' });
  prepare({ base: server.url });
  await assert.rejects(load({ base: server.url, confirm: () => false }), { code: 'RS_ERR_DECLINED' });
  (await load({ base: server.url })).close();
});

withScout('search answers as the command does', async (scout) => {
  const got = await scout.search(QUERY, { top: 7 });
  assert.ok(got.elapsed_ms >= 0);
  assertSameAnswer(got, searchByCommand(site, QUERY, 7), 2e-4);
  assert.equal((await scout.search(QUERY, { by: 'people' })).papers.length, 0);
  assert.equal((await scout.search(QUERY, { by: 'papers' })).people.length, 0);
});

withScout('rank answers for the last text, whatever was asked meanwhile', async (scout) => {
  await assert.rejects(scout.rank(), { code: 'RS_ERR_ARGUMENT' });
  const first = await scout.search(QUERY);
  const stop = new AbortController();
  const cancelled = scout.search('another text', { signal: stop.signal });
  // Long enough for the worker to read it, while its reply waits for this thread.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  stop.abort();
  await assert.rejects(cancelled, { name: 'AbortError' });
  const again = await scout.rank();
  assert.deepEqual({ ...again, elapsed_ms: 0 }, { ...first, elapsed_ms: 0 });
  const best = await scout.rank({ top: 3, aggregate: 'best', by: 'people' });
  assert.equal(best.people[0].score, first.papers[0].score);
  assert.deepEqual([best.people.length, best.papers.length], [3, 0]);
});

withScout('what papers are ranked by can be chosen', async (scout) => {
  const { lexical, score, weight } = scout.info.index;
  assert.deepEqual([lexical, score], [true, 'hybrid']);
  assert.ok(weight > 0 && weight < 1);
  const usual = await scout.search(QUERY);
  assert.deepEqual([usual.query.score, usual.query.weight], ['hybrid', weight]);
  for (const { closer_than } of [...usual.papers, ...usual.people]) {
    assert.ok(closer_than >= 0 && closer_than < 1);
  }
  assert.ok(Math.abs(usual.papers[0].closer_than - 47 / 48) < 1e-6);
  const ranked = async (options) => {
    const { query, papers } = await scout.rank({ ...options, by: 'papers' });
    return [query.score, query.weight, papers.map(({ title }) => title).join()];
  };
  const [, , by_meaning] = await ranked({ score: 'centred' });
  const [, , by_words] = await ranked({ score: 'lexical' });
  assert.notEqual(by_meaning, by_words);
  // All meaning is meaning alone: standard deviations do not change the order.
  assert.deepEqual(await ranked({ score: 'hybrid', weight: 1 }), ['hybrid', 1, by_meaning]);
  assert.deepEqual((await ranked({ score: 'cosine' })).slice(0, 2), ['cosine', null]);
});

withScout('who has a conflict is left out', async (scout) => {
  const { excluded } = await scout.conflicts({ authors: ['Wei Zhang'] });
  assert.deepEqual(
    excluded.map(({ name, reason }) => [name, reason]),
    [['Wei Zhang', 'author']],
  );
  const left_out = excluded.map(({ person }) => person);
  const { people } = await scout.search(QUERY, { left_out });
  assert.equal(people.length, 6);
  assert.ok(people.every(({ name }) => name !== 'Wei Zhang'));
});

withScout('embed gives a vector of the right length', async (scout) => {
  const { embedding, tokens, cut } = await scout.embed(QUERY);
  assert.ok(embedding instanceof Float32Array);
  assert.equal(embedding.length, scout.info.model.hidden_size);
  assert.ok(tokens > 2 && cut === 0);
});

withScout('wrong arguments', async (scout) => {
  const wrong = { name: 'RefscoutError', code: 'RS_ERR_ARGUMENT' };
  await assert.rejects(scout.search(7), wrong);
  await assert.rejects(scout.embed(), wrong);
  await assert.rejects(scout.search('x', { top: 0 }), wrong);
  await assert.rejects(scout.search('x', { top: 1.5 }), wrong);
  await assert.rejects(scout.search('x', { by: 'shoe size' }), wrong);
  await assert.rejects(scout.search('x', { aggregate: 'worst' }), wrong);
  await assert.rejects(scout.search('x', { score: 'height' }), wrong);
  await assert.rejects(scout.search('x', { weight: 0 }), wrong);
  await assert.rejects(scout.search('x', { weight: '1' }), wrong);
  await assert.rejects(scout.search('x', { year_from: '2010' }), wrong);
  await assert.rejects(scout.search('x', { left_out: 7 }), wrong);
  await assert.rejects(load({ base: server.url, threads: -1 }), wrong);
});

withScout('a cancelled search rejects at once, the next is answered', async (scout) => {
  const stop = new AbortController();
  const first = scout.search('the first', { signal: stop.signal });
  const second = scout.search('the second', { signal: stop.signal });
  const third = scout.search(QUERY);
  stop.abort();
  await assert.rejects(first, { name: 'AbortError' });
  await assert.rejects(second, { name: 'AbortError' });
  assert.equal((await third).papers.length, 10);
  await assert.rejects(scout.search('never begun', { signal: stop.signal }), { name: 'AbortError' });
});

withScout('many at once are all answered, in order', async (scout) => {
  const done = [];
  const texts = Array.from({ length: 20 }, (_, i) => `place cells ${i}`);
  await Promise.all(texts.map((text, i) => scout.embed(text).then(() => done.push(i))));
  assert.deepEqual(done, [...texts.keys()]);
});

test('close ends what waits', async () => {
  const scout = await load({ base: server.url });
  const waiting = scout.search('x');
  scout.close();
  await assert.rejects(waiting, { code: 'RS_ERR_CLOSED' });
  await assert.rejects(scout.search('x'), { code: 'RS_ERR_CLOSED' });
});

test('a damaged piece is an error, never a ranking', async () => {
  server.options.intercept = below('/data/pieces', (response, bytes) => {
    const sent = Buffer.from(bytes);
    sent[sent.length >> 1] ^= 0x10;
    response.end(sent);
  });
  await assert.rejects(load({ base: server.url }), (thrown) => {
    assert.ok(thrown instanceof RefscoutError);
    assert.equal(thrown.code, 'RS_ERR_INTEGRITY');
    return true;
  });
});

test('a model of several pieces', async () => {
  const large = buildSite('f32', 120_000);
  const from = await serve(large.dir);
  const scout = await load({ base: from.url });
  try {
    const { model, index } = manifestOf(large.dir);
    const pieces = model.pieces.length + index.pieces.length;
    assert.ok(pieces > 10);
    assert.equal(from.seen.filter((url) => url.includes('/pieces/')).length, pieces);
    assertSameAnswer(await scout.search(QUERY), searchByCommand(large, QUERY), 1e-5);
  } finally {
    scout.close();
    await from.close();
    large.remove();
  }
});

test('no site there', async () => {
  await assert.rejects(load({ base: `${server.url}nowhere/` }), { code: 'RS_ERR_NETWORK', message: /404/ });
});

test('loading can be cancelled', async () => {
  server.options.intercept = below('/data/pieces', () => {}); // hangs
  const stop = new AbortController();
  const loading = load({ base: server.url, signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  await assert.rejects(loading, { name: 'AbortError' });
  await assert.rejects(load({ base: server.url, signal: stop.signal }), { name: 'AbortError' });
});
