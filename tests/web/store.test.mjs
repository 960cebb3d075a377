// What is kept on the device: read back only when it is right, fetched when it is not, and gone when
// it is deleted. Against a real server, with both kinds of store in memory.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { openStore } from '../../web/shared/store.js';
import { fetchAll } from '../../web/worker/files.js';
import { finishPlan, makePlan } from '../../web/worker/plan.js';
import { below, serve } from './site_server.mjs';
import { fakeCaches, fakeFiles } from './storage_shim.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** A file of random pieces, as the manifest has it. */
function makeFile(sizes) {
  const contents = sizes.map((size) => randomBytes(size));
  const whole = Buffer.concat(contents);
  const pieces = contents.map((bytes) => ({
    path: `pieces/${sha256(bytes)}.bin`,
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

let dir, server, heap, storage, digests;
before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'refscout-store-'));
  mkdirSync(path.join(dir, 'data/pieces'), { recursive: true });
  for (const bytes of [...model.contents, ...index.contents, ...newer.contents]) {
    writeFileSync(path.join(dir, 'data/pieces', `${sha256(bytes)}.bin`), bytes);
  }
  server = await serve(dir);
});
after(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  heap = Buffer.alloc(total);
  digests = 0;
  server.options.intercept = undefined;
  server.seen.length = 0;
  publish(manifest);
});
afterEach(() => storage?.remove());

/** @param {ReturnType<typeof fakeCaches>} kind */
function use(kind) {
  storage?.remove();
  storage = kind;
  storage.install();
}

const publish = (value) => writeFileSync(path.join(dir, 'data/manifest.json'), JSON.stringify(value));
const entries = () => storage.held;
const urlOf = (piece) => `${server.url}data/${piece.path}`;
const manifestUrl = () => `${server.url}data/manifest.json`;
const asked = () => server.seen.filter((name) => name.includes('/pieces/'));

/** What the worker does, with a buffer for a heap. */
async function load({ signal = new AbortController().signal, onBytes, placed } = {}) {
  const plan = await makePlan(server.url, signal);
  let start = 0;
  const jobs = [...plan.manifest.model.pieces, ...plan.manifest.index.pieces].map((piece) => {
    const from = start;
    start += piece.bytes;
    return {
      ...piece,
      url: urlOf(piece),
      view: () => heap.subarray(from, from + piece.bytes),
      digest: async () => {
        digests++;
        return sha256(heap.subarray(from, from + piece.bytes));
      },
      checksum: () => sha256(heap.subarray(from, from + piece.bytes)).slice(0, 16),
      known: plan.known[piece.sha256],
    };
  });
  const { all_kept } = await fetchAll(jobs, { signal, onBytes, store: plan.store, placed });
  const known = Object.fromEntries(jobs.map((job) => [job.sha256, job.known]));
  return { need: plan.need, storage: await finishPlan(plan, all_kept, known) };
}
const whole = () => Buffer.concat([model.whole, index.whole]);

for (const [where, kind] of [
  ['files', fakeFiles],
  ['the Cache API', fakeCaches],
]) {
  describe(where, () => {
    beforeEach(() => use(kind()));

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

    test('what was right once is known again by its quick sum', async () => {
      await load();
      assert.equal(digests, 5);
      heap.fill(0);
      await load();
      assert.equal(digests, 5);
      assert.deepEqual(heap, whole());

      const note = JSON.parse(entries().get(manifestUrl()));
      for (const wrong of [
        { ...note, known: undefined },
        { ...note, known: null },
        { ...note, known: [] },
        { ...note, known: { [model.entry.pieces[0].sha256]: 7 } },
      ]) {
        digests = 0;
        heap.fill(0);
        entries().set(manifestUrl(), Buffer.from(JSON.stringify(wrong)));
        server.seen.length = 0;
        await load();
        assert.equal(digests, 5, 'sums that are not there, or wrong: SHA-256 tells');
        assert.deepEqual(asked(), []);
        assert.deepEqual(heap, whole());
        assert.deepEqual(JSON.parse(entries().get(manifestUrl())), note, 'and they are kept anew');
      }
    });

    test('nothing is read before there is a place for it, and nothing lost when there is none', async () => {
      await load();
      heap.fill(0);
      server.seen.length = 0;
      let place;
      const loading = load({ placed: new Promise((resolve) => (place = resolve)) });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.ok(heap.every((byte) => byte === 0));
      place();
      await loading;
      assert.deepEqual(heap, whole());

      const none = Promise.reject(new Error('no memory'));
      none.catch(() => {}); // nobody waits for it yet
      await assert.rejects(load({ placed: none }), { message: 'no memory' });
      assert.equal((await load()).need.missing_bytes, 0);
      assert.deepEqual(asked(), []);
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
        entries().set(urlOf(piece), damage(Buffer.from(entries().get(urlOf(piece)))));
        heap.fill(0);
        server.seen.length = 0;
        const seen = [];
        await load({ onBytes: (bytes) => seen.push(bytes) });
        assert.deepEqual(asked(), [`/data/${piece.path}`]);
        assert.deepEqual(heap, whole());
        assert.equal(seen.at(-1), total);
        assert.deepEqual(entries().get(urlOf(piece)), model.contents[0]);
      });
    }

    test('damaged in the store and on the server: an error, and nothing wrong is kept', async () => {
      await load();
      const piece = model.entry.pieces[0];
      entries().set(urlOf(piece), Buffer.alloc(piece.bytes, 'x'));
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
        const { need, storage: said } = await load();
        assert.deepEqual(said, { state: 'kept', offline: true });
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
      entries().set(foreign, Buffer.from('x'));
      await load();
      assert.equal(asked().length, 1);
      assert.equal(entries().has(urlOf(index.entry.pieces[0])), false);
      assert.equal(entries().has(foreign), true, 'another site of this origin is left alone');
      assert.equal(entries().size, 3 + 1 + 1 + 1, 'model, index, manifest, the other site’s');
    });

    test('no room: works from memory, and says so', async () => {
      use(kind({ limit: 400_000 }));
      assert.equal((await load()).storage.state, 'full');
      assert.deepEqual(heap, whole());
      assert.ok([...entries().values()].every((bytes) => bytes.length < 400_000));
      const store = await openStore(server.url);
      for (const { url, bytes } of await store.list()) assert.ok(bytes > 0, `${url} is there, but empty`);
    });

    test('what is kept is listed, and deleted for this site only', async () => {
      await load();
      const foreign = `${new URL(server.url).origin}/elsewhere/data/pieces/x`;
      entries().set(foreign, Buffer.from('x'));
      const store = await openStore(server.url);
      const kept = await store.list();
      const text = entries().get(manifestUrl()).length;
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
  });
}

test('what another page has open is read all the same, and counts as kept', async () => {
  use(fakeFiles());
  await load();
  const piece = model.entry.pieces[0];
  storage.locked.add(urlOf(piece));
  heap.fill(0);
  server.seen.length = 0;
  assert.deepEqual((await load()).storage, { state: 'kept', offline: false });
  assert.deepEqual(asked(), []);
  assert.deepEqual(heap, whole());

  entries().set(urlOf(piece), Buffer.alloc(7)); // is being written there
  heap.fill(0);
  assert.deepEqual((await load()).storage, { state: 'kept', offline: false });
  assert.deepEqual(asked(), [`/data/${piece.path}`]);
  assert.deepEqual(heap, whole());
});

const refuse = async () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};
for (const [name, value] of [
  ['no storage', undefined],
  ['a private window that refuses', refuse],
]) {
  test(`${name}: works from memory, and says so`, async () => {
    use({
      install() {
        Object.defineProperty(globalThis, 'caches', { value: value && { open: value }, configurable: true });
        const storage = value && { getDirectory: value };
        Object.defineProperty(globalThis, 'navigator', { value: { storage }, configurable: true });
      },
      remove() {
        delete globalThis.caches;
        delete globalThis.navigator;
      },
    });
    const { need, storage: said } = await load();
    assert.deepEqual([need.can_keep, said.state], [false, 'unavailable']);
    assert.deepEqual(heap, whole());
  });
}
