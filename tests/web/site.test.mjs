// What `refscout site` writes, leaves alone, and refuses.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readManifest } from '../../web/worker/files.js';
import { buildSite, refscout, runCommand } from './site_fixture.mjs';

let site, other;
before(() => {
  site = buildSite('int8');
  other = buildSite('f32');
});
after(() => {
  site?.remove();
  other?.remove();
});

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const write = ({ model, index }, dir) => runCommand(['site', '--model', model, '--index', index, '-o', dir]);
const inSite = (name) => path.join(site.dir, name);
const manifestIn = (dir) => readManifest(readFileSync(path.join(dir, 'data/manifest.json'), 'utf8'));

test('the pieces put together are the files', () => {
  const manifest = manifestIn(site.dir);
  for (const name of ['model', 'index']) {
    const pieces = manifest[name].pieces.map((piece) => readFileSync(inSite(`data/${piece.path}`)));
    assert.deepEqual(Buffer.concat(pieces), readFileSync(site[name]));
    assert.equal(manifest[name].sha256, sha256(readFileSync(site[name])));
  }
});

test('a large file becomes pieces of at most 20 MiB', () => {
  const large = buildSite('f32', 120_000);
  try {
    const { model } = manifestIn(large.dir);
    const sizes = model.pieces.map((piece) => statSync(path.join(large.dir, 'data', piece.path)).size);
    assert.deepEqual(sizes, [20 << 20, model.bytes - (20 << 20)]);
  } finally {
    large.remove();
  }
});

test('what tools need is not served', () => {
  const names = readdirSync(site.dir, { recursive: true }).map(String);
  assert.deepEqual(
    names.filter((name) => /jsconfig|biome|package|README|node_modules/.test(name)),
    [],
  );
  for (const name of ['index.html', 'lib/refscout.js', 'worker/main.js', 'wasm/refscout-simd.wasm']) {
    assert.ok(names.includes(name), name);
  }
});

test('the same again writes nothing', () => {
  const before = statSync(inSite('data/manifest.json')).ino;
  assert.match(write(site, site.dir).stdout, /; 0 written\n$/);
  assert.equal(statSync(inSite('data/manifest.json')).ino, before);
});

test('a damaged file is written anew; old pieces go, other files stay', () => {
  const [piece] = manifestIn(site.dir).model.pieces;
  const damaged = readFileSync(inSite(`data/${piece.path}`));
  damaged[7] ^= 1;
  writeFileSync(inSite(`data/${piece.path}`), damaged);
  const old = inSite(`data/pieces/${'ab'.repeat(32)}`);
  const half = `${old}.tmp-x1y2z3`;
  const own = inSite('data/pieces/notes.txt');
  for (const name of [old, half, own, inSite('own.html')]) writeFileSync(name, 'x');
  const { stdout } = write(site, site.dir);
  assert.match(stdout, /; 1 written, 2 old pieces removed/);
  assert.equal(sha256(readFileSync(inSite(`data/${piece.path}`))), piece.sha256);
  assert.deepEqual([old, half, own, inSite('own.html')].map(existsSync), [false, false, true, true]);
});

test('another model takes the place of the first', () => {
  const dir = path.join(site.folder, 'changing');
  write(site, dir);
  const before = manifestIn(dir);
  assert.match(write(other, dir).stdout, /2 old pieces removed/);
  const pieces = manifestIn(dir).model.pieces.concat(manifestIn(dir).index.pieces);
  assert.deepEqual(readdirSync(path.join(dir, 'data/pieces')).sort(), pieces.map((p) => p.sha256).sort());
  assert.notDeepEqual(manifestIn(dir), before);
});

test('refusals: one sentence, exit code 1, nothing written', () => {
  const full = path.join(site.folder, 'full');
  mkdirSync(full);
  writeFileSync(path.join(full, 'thesis.txt'), 'x');
  const fresh = path.join(site.folder, 'fresh');
  const cases = [
    [write(site, full), /holds something else than a refscout site/],
    [write({ model: site.model, index: other.index }, fresh), /model/],
    [write({ model: site.index, index: site.index }, fresh), /model file|model is expected/],
    [write({ model: site.model, index: path.join(site.folder, 'gone') }, fresh), /No such file/],
    [write(site, path.join(site.folder, 'no/such/folder')), /cannot be made/],
    [
      runCommand(['site', '--model', site.model, '--index', site.index, '-o', fresh, '--web', full]),
      /index\.html: is missing; name the page's folder/,
    ],
  ];
  for (const [run, words] of cases) {
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stderr, words);
    assert.equal(run.stderr.trim().split('\n').length, 1);
  }
  assert.deepEqual([readdirSync(full), existsSync(fresh)], [['thesis.txt'], false]);
  assert.match(refscout(['site', '--help']), /^usage: refscout site/);
});
