// What `refscout site` writes, leaves alone, and refuses.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readManifest } from '../../web/worker/files.js';
import { buildSite, refscout, root, runCommand } from './site_fixture.mjs';

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

test('a large file becomes pieces of at most 2 MiB', () => {
  const large = buildSite('f32', 120_000);
  try {
    const { model } = manifestIn(large.dir);
    const sizes = model.pieces.map((piece) => statSync(path.join(large.dir, 'data', piece.path)).size);
    const rest = sizes.pop();
    assert.deepEqual(new Set(sizes), new Set([2 << 20]));
    assert.equal(sizes.length * (2 << 20) + rest, model.bytes);
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

test('what a script imports is there', () => {
  const names = readdirSync(site.dir, { recursive: true }).map(String);
  const scripts = names.filter((name) => /\.m?js$/.test(name));
  let imports = 0;
  for (const name of scripts) {
    const text = readFileSync(inSite(name), 'utf8');
    for (const [, to] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"'\s]*)["']/g)) {
      imports++;
      const target = path.posix.join(path.posix.dirname(name), to);
      assert.ok(names.includes(target), `${name} imports ${to}`);
    }
  }
  assert.ok(imports >= 3, 'of the page, of the frame, of what comes ahead');
});

/** What the service worker is told, read from its first statement. */
function shellOf(dir) {
  const self = {};
  const text = readFileSync(path.join(dir, 'sw.js'), 'utf8');
  new Function('self', text.slice(0, text.indexOf(']};') + 3))(self);
  return self.SHELL;
}

test('the service worker lists every file of the page with its sum', () => {
  const { version, files } = shellOf(site.dir);
  assert.match(version, /^[0-9a-f]{16}$/);
  const names = readdirSync(site.dir, { recursive: true })
    .map(String)
    .filter((name) => statSync(inSite(name)).isFile() && !/^(data\/|sw\.js$|refscout-site\.txt$)/.test(name));
  assert.deepEqual(
    files,
    names.sort().map((name) => [name, sha256(readFileSync(inSite(name)))]),
  );
  assert.ok(files.some(([name]) => name === 'manifest.webmanifest'));
});

test('the version changes with the page, not with the model', () => {
  const version = (dir) => shellOf(dir).version;
  assert.equal(version(other.dir), version(site.dir));
  const web = path.join(site.folder, 'web');
  cpSync(site.dir, web, { recursive: true });
  const changed = path.join(site.folder, 'changed');
  const files = ['--model', site.model, '--index', site.index];
  refscout(['site', ...files, '-o', changed, '--web', web]);
  const before = version(changed);
  // The pages of a site that was written before are as good as the original ones.
  assert.equal(before, version(site.dir));
  assert.deepEqual(readFileSync(path.join(changed, 'sw.js')), readFileSync(inSite('sw.js')));
  writeFileSync(path.join(web, 'styles/index.css'), 'body { color: red }');
  refscout(['site', ...files, '-o', changed, '--web', web]);
  assert.notEqual(version(changed), before);
});

test('one policy: page, service worker and server', () => {
  const policy = /content="(default-src[^"]+)"/.exec(readFileSync(inSite('index.html'), 'utf8'))?.[1];
  assert.match(policy ?? '', /^default-src 'none'.*connect-src 'self'/);
  for (const file of [inSite('sw.js'), path.join(root, 'tools/serve.mjs')]) {
    assert.ok(readFileSync(file, 'utf8').includes(`"${policy}"`), file);
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
