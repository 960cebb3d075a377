// What is kept on the device: read back only when it is right, fetched when it is not, and gone when
// it is deleted. Against a real server, with a CacheStorage in memory.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { openStore } from '../../web/shared/store.js';
import { fetchAll } from '../../web/worker/files.js';
import { finishPlan, makePlan } from '../../web/worker/plan.js';
import { fakeCaches } from './cache_shim.mjs';
import { below, serve } from './site_server.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** A file of random pieces, as the manifest has it. */
function makeFile(sizes) {
  const contents = sizes.map((size) => randomBytes(size));
  const whole = Buffer.concat(contents);
  const pieces = contents.map((bytes) => ({
    path: `pieces/${sha256(bytes)}`,
    bytes: bytes.length,
    sha256: sha256(bytes),
  }));
  return { contents, whole, entry: { bytes: whole.length, sha256: sha256(whole), pieces } };
}
const model = makeFile([1_200_000, 300_000, 77]);
const index = makeFile([50_000, 1]);
const newer = makeFile([51_000]);
const manifest = { format_version: 1, model: model.entry, index: index.entry };
const total = model.whole.length + index.whole.length;

let dir, server, heap;
before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'refscout-store-'));
  mkdirSync(path.join(dir, 'data/pieces'), { recursive: true });
  for (const bytes of [...model.contents, ...index.contents, ...newer.contents]) {
    writeFileSync(path.join(dir, 'data/pieces', sha256(bytes)), bytes);
  }
  server = await serve(dir);
});
after(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  heap = Buffer.alloc(total);
  server.options.intercept = undefined;
  server.seen.length = 0;
  publish(manifest);
  globalThis.caches = fakeCaches();
});
afterEach(() => {
  delete globalThis.caches;
});

const publish = (value) => writeFileSync(path.join(dir, 'data/manifest.json'), JSON.stringify(value));
const entries = () => globalThis.caches.entries;
const urlOf = (piece) => `${server.url}data/${piece.path}`;
const asked = () => server.seen.filter((name) => name.includes('/pieces/'));

/** What the worker does, with a buffer for a heap. */
async function load({ signal = new AbortController().signal, onBytes } = {}) {
  const plan = await makePlan(server.url, signal);
  let start = 0;
  const jobs = [...plan.manifest.model.pieces, ...plan.manifest.index.pieces].map((piece) => {
    const from = start;
    start += piece.bytes;
    return {
      ...piece,
      url: urlOf(piece),
      write: (at, chunk) => heap.set(chunk, from + at),
      read: (at, bytes) => new Uint8Array(heap.subarray(from + at, from + at + bytes)),
      digest: () => sha256(heap.subarray(from, from + piece.bytes)),
    };
  });
  const { all_kept } = await fetchAll(jobs, { signal, onBytes, store: plan.store });
  return { need: plan.need, storage: await finishPlan(plan, all_kept) };
}
const whole = () => Buffer.concat([model.whole, index.whole]);

test('the second time nothing is fetched but the manifest', async () => {
  const first = await load();
  assert.deepEqual([first.need.missing_bytes, first.need.total_bytes], [total, total]);
  assert.deepEqual(first.storage, { state: 'kept', offline: false });
  heap.fill(0);
  server.seen.length = 0;
  const seen = [];
  const second = await load({ onBytes: (bytes) => seen.push(bytes) });
  assert.equal(second.need.missing_bytes, 0);
  assert.deepEqual(server.seen, ['/data/manifest.json']);
  assert.deepEqual(heap, whole());
  assert.equal(seen.at(-1), total, 'what is read back counts as progress');
});

test('an interrupted download goes on with what is missing', async () => {
  const last = model.entry.pieces[1];
  server.options.intercept = below(`/data/${last.path}`, () => {}); // hangs
  const stop = new AbortController();
  const loading = load({ signal: stop.signal });
  const ended = assert.rejects(loading, { name: 'AbortError' });
  while (entries().size < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await ended;
  server.options.intercept = undefined;
  server.seen.length = 0;
  const { need } = await load();
  assert.equal(need.missing_bytes, last.bytes);
  assert.deepEqual(asked(), [`/data/${last.path}`]);
  assert.deepEqual(heap, whole());
});

for (const [name, damage] of [
  [
    'a wrong byte',
    (bytes) => {
      bytes[bytes.length >> 1] ^= 4;
      return bytes;
    },
  ],
  ['half of it', (bytes) => bytes.subarray(0, bytes.length >> 1)],
  ['an error page', () => Buffer.from('<h1>Not found</h1>')],
  ['more than there should be', (bytes) => Buffer.concat([bytes, bytes])],
]) {
  test(`${name} in the store: fetched once more, and kept right`, async () => {
    await load();
    const piece = model.entry.pieces[0];
    const entry = entries().get(urlOf(piece));
    entry.bytes = damage(Buffer.from(entry.bytes));
    heap.fill(0);
    server.seen.length = 0;
    const seen = [];
    await load({ onBytes: (bytes) => seen.push(bytes) });
    assert.deepEqual(asked(), [`/data/${piece.path}`]);
    assert.deepEqual(heap, whole());
    assert.equal(seen.at(-1), total);
    assert.deepEqual(entries().get(urlOf(piece)).bytes, model.contents[0]);
  });
}

test('damaged in the store and on the server: an error, and nothing wrong is kept', async () => {
  await load();
  const piece = model.entry.pieces[0];
  entries().get(urlOf(piece)).bytes = Buffer.from('x');
  server.options.intercept = below(`/data/${piece.path}`, (response) => response.end('<h1>Sorry</h1>'));
  await assert.rejects(load(), { code: 'RS_ERR_INTEGRITY' });
  assert.equal(asked().length, 5 + 2);
  assert.equal(entries().has(urlOf(piece)), false);
});

test('without a connection what was kept is used', async () => {
  await load();
  heap.fill(0);
  for (const answer of [
    (response) => response.destroy(),
    (response) => response.writeHead(503).end(),
    (response) => response.end('<html>Welcome to our hotel</html>'),
  ]) {
    server.options.intercept = below('/', answer);
    const { need, storage } = await load();
    assert.deepEqual(storage, { state: 'kept', offline: true });
    assert.equal(need.missing_bytes, 0);
    assert.deepEqual(heap, whole());
  }
});

test('a server that never answers is not waited for long where all is kept', async () => {
  await load();
  server.options.intercept = below('/', () => {});
  const start = performance.now();
  assert.deepEqual((await load()).storage, { state: 'kept', offline: true });
  assert.ok(performance.now() - start < 10_000);
});

test('without a connection and with a piece missing: an error', async () => {
  await load();
  entries().delete(urlOf(model.entry.pieces[2]));
  server.options.intercept = below('/', (response) => response.destroy());
  await assert.rejects(load(), { code: 'RS_ERR_NETWORK' });
});

test('a new index fetches what is new and removes what is old', async () => {
  await load();
  publish({ ...manifest, index: newer.entry });
  heap = Buffer.alloc(model.whole.length + newer.whole.length);
  server.seen.length = 0;
  const foreign = `${new URL(server.url).origin}/elsewhere/data/pieces/x`;
  entries().set(foreign, { bytes: Buffer.from('x'), headers: new Headers() });
  await load();
  assert.equal(asked().length, 1);
  assert.equal(entries().has(urlOf(index.entry.pieces[0])), false);
  assert.equal(entries().has(foreign), true, 'another site of this origin is left alone');
  assert.equal(entries().size, 3 + 1 + 1 + 1, 'model, index, manifest, the other site’s');
});

test('no room: works from memory, and says so', async () => {
  globalThis.caches = fakeCaches({ limit: 400_000 });
  assert.equal((await load()).storage.state, 'full');
  assert.deepEqual(heap, whole());
  assert.ok([...entries().values()].every(({ bytes }) => bytes.length < 400_000));
});

for (const [name, value] of [
  ['no Cache API', undefined],
  [
    'a private window that refuses',
    {
      open: async () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    },
  ],
]) {
  test(`${name}: works from memory, and says so`, async () => {
    globalThis.caches = value;
    const { need, storage } = await load();
    assert.deepEqual([need.can_keep, storage.state], [false, 'unavailable']);
    assert.deepEqual(heap, whole());
  });
}

test('what is kept is listed, and deleted for this site only', async () => {
  await load();
  const foreign = `${new URL(server.url).origin}/elsewhere/data/pieces/x`;
  entries().set(foreign, { bytes: Buffer.from('x'), headers: new Headers() });
  const store = await openStore(server.url);
  const kept = await store.list();
  const text = JSON.stringify(manifest).length;
  assert.equal(
    kept.reduce((sum, { bytes }) => sum + bytes, 0),
    total + text,
  );
  await store.clear();
  assert.deepEqual([...entries().keys()], [foreign]);
  heap.fill(0);
  assert.equal((await load()).need.missing_bytes, total);
  assert.deepEqual(heap, whole());
});
