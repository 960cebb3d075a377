// worker/files.js against a server that does what servers and networks do.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fetchAll, fetchManifest, readManifest } from '../../web/worker/files.js';
import { below, serve } from './site_server.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const contents = [300_000, 1, 65_536, 200_001, 77, 123_456].map((size) => randomBytes(size));
const whole = Buffer.concat(contents);
const file = {
  bytes: whole.length,
  sha256: sha256(whole),
  pieces: contents.map((bytes) => ({
    path: `pieces/${sha256(bytes)}.bin`,
    bytes: bytes.length,
    sha256: sha256(bytes),
  })),
};
const manifest = { format_version: 1, model: file, index: file };

let dir, server, heap;
before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'refscout-files-'));
  mkdirSync(path.join(dir, 'data/pieces'), { recursive: true });
  writeFileSync(path.join(dir, 'data/manifest.json'), JSON.stringify(manifest));
  for (const bytes of contents) writeFileSync(path.join(dir, 'data/pieces', `${sha256(bytes)}.bin`), bytes);
  server = await serve(dir);
});
after(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  heap = Buffer.alloc(whole.length);
  server.options.intercept = undefined;
  server.seen.length = 0;
});

function jobs() {
  let start = 0;
  return file.pieces.map(({ path: name, bytes, sha256: sum }) => {
    const from = start;
    start += bytes;
    return {
      url: `${server.url}data/${name}`,
      bytes,
      sha256: sum,
      view: () => heap.subarray(from, from + bytes),
      digest: async () => sha256(heap.subarray(from, from + bytes)),
      checksum: () => sha256(heap.subarray(from, from + bytes)).slice(0, 16),
    };
  });
}

const fails = (code, words) => (thrown) => {
  assert.equal(thrown.name, 'RefscoutError');
  assert.equal(thrown.code, code);
  assert.match(thrown.message, words);
  return true;
};
const hang = below('/data/pieces', (response, bytes) => {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, bytes.length >> 1));
});

test('all pieces land in their places, and progress ends at the total', async () => {
  const seen = [];
  await fetchAll(jobs(), { onBytes: (n) => seen.push(n) });
  assert.deepEqual(heap, whole);
  assert.equal(seen.at(-1), whole.length);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

test('a wrong byte is fetched once more', async () => {
  const seen = [];
  server.options.intercept = below('/data/pieces', (response, bytes, nth) => {
    const sent = Buffer.from(bytes);
    if (nth === 0) sent[0] ^= 1;
    response.end(sent);
  });
  await fetchAll(jobs(), { onBytes: (n) => seen.push(n) });
  assert.deepEqual(heap, whole);
  assert.equal(seen.at(-1), whole.length, 'bytes of a refetched piece count once');
  assert.equal(server.seen.length, 2 * contents.length);
});

for (const [name, answer, words] of [
  ['a wrong byte', (r, b) => r.end(Buffer.concat([b.subarray(1), b.subarray(0, 1)])), /checksum differs/],
  ['a truncated piece', (r, b) => r.end(b.subarray(0, -1)), /arrived/],
  ['an error page served as 200', (r) => r.end('<html>No such page</html>'), /arrived|longer/],
  ['a piece that is too long', (r, b) => r.end(Buffer.concat([b, b])), /longer/],
]) {
  test(`${name}, twice, is an error`, async () => {
    const damaged = `/data/${file.pieces[3].path}`;
    server.options.intercept = below(damaged, answer);
    await assert.rejects(fetchAll(jobs()), fails('RS_ERR_INTEGRITY', words));
    assert.equal(server.seen.filter((url) => url === damaged).length, 2);
  });
}

test('404 and 500 are errors that name the file', async () => {
  server.options.intercept = below('/data/pieces', (response) => response.writeHead(404).end('no'));
  await assert.rejects(
    fetchAll(jobs()),
    fails('RS_ERR_NETWORK', /answered 404 for pieces\/[0-9a-f]{8}…\.bin\. .* end in \.bin\./),
  );
});

test('a server that is gone is an error', async () => {
  const gone = jobs().map((job) => ({ ...job, url: job.url.replace(/:\d+/, ':9') }));
  await assert.rejects(fetchAll(gone), fails('RS_ERR_NETWORK', /could not be fetched/));
});

test('a hanging server is given up', async () => {
  server.options.intercept = hang;
  await assert.rejects(fetchAll(jobs(), { stall_ms: 150 }), fails('RS_ERR_NETWORK', /Nothing arrived/));
});

test('a slow server is not', async () => {
  server.options.intercept = below(`/data/${file.pieces[0].path}`, async (response, bytes) => {
    for (let at = 0; at < bytes.length; at += 60_000) {
      response.write(bytes.subarray(at, at + 60_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    response.end();
  });
  await fetchAll(jobs(), { stall_ms: 300 });
  assert.deepEqual(heap, whole);
});

test('cancelled while it hangs', async () => {
  server.options.intercept = hang;
  const stop = new AbortController();
  const fetched = fetchAll(jobs(), { signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  await assert.rejects(fetched, { name: 'AbortError' });
  const before = Buffer.from(heap);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(heap, before, 'nothing is written afterwards');
});

test('cancelled before it begins', async () => {
  await assert.rejects(fetchAll(jobs(), { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('the manifest is read', async () => {
  assert.deepEqual(await fetchManifest(`${server.url}data/manifest.json`), manifest);
});

test('a manifest that is not one', async () => {
  const bad = (change) => {
    const copy = structuredClone(manifest);
    change(copy);
    return JSON.stringify(copy);
  };
  const cases = [
    '',
    '<!doctype html>',
    'null',
    '[]',
    '{}',
    bad((m) => delete m.index),
    bad((m) => m.model.bytes++),
    bad((m) => {
      m.model.pieces[0].bytes = -1;
    }),
    bad((m) => {
      m.model.pieces[0].path = 'https://elsewhere.example/x';
    }),
    bad((m) => {
      m.model.pieces[0].path = `../${m.model.pieces[0].sha256}`;
    }),
    bad((m) => {
      m.model.sha256 = 'x';
    }),
    bad((m) => {
      m.model.pieces = {};
    }),
  ];
  for (const text of cases) {
    assert.throws(() => readManifest(text), fails('RS_ERR_FORMAT', /manifest\.json/), text);
  }
  const newer = bad((m) => m.format_version++);
  assert.throws(() => readManifest(newer), fails('RS_ERR_VERSION', /version 2/));
});
