// What `refscout site` writes, leaves alone, and refuses.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

test('servers know every file by its ending, and keep none of the folders for themselves', () => {
  const names = readdirSync(site.dir, { recursive: true }).map(String);
  const endings = names.filter((name) => statSync(inSite(name)).isFile()).map((name) => path.extname(name));
  assert.deepEqual([...new Set(endings)].sort(), [
    '.bin',
    '.css',
    '.html',
    '.js',
    '.json',
    '.png',
    '.svg',
    '.txt',
    '.wasm',
  ]);
  const folders = names.filter((name) => statSync(inSite(name)).isDirectory() && !name.includes('/'));
  // What Debian's Apache and others map elsewhere, IIS hides, or a CGI setting takes for programs.
  const taken = /^(icons|manual|javascript|doc|error|cgi-bin|server-.*|bin|app_.*)$/i;
  assert.deepEqual(
    folders.filter((name) => taken.test(name)),
    [],
  );
});

test('what a script imports is there', () => {
  const names = readdirSync(site.dir, { recursive: true }).map(String);
  const scripts = names.filter((name) => name.endsWith('.js'));
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
  assert.ok(files.some(([name]) => name === 'manifest.json'));
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

test('the policy allows the one inline script by its sum', () => {
  const html = readFileSync(inSite('index.html'), 'utf8');
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)];
  assert.equal(scripts.length, 1);
  const sum = createHash('sha256').update(scripts[0][1]).digest('base64');
  assert.equal(
    /'sha256-([^']*)'/.exec(html)?.[1],
    sum,
    'write it into index.html, sw.js and tools/serve.mjs',
  );
  for (const name of ['submit.html', 'preview-frame.html']) {
    assert.doesNotMatch(readFileSync(inSite(name), 'utf8'), /<script>/);
  }
});

test('pages and styles are ASCII: some servers call everything ISO-8859-1', () => {
  const names = readdirSync(site.dir, { recursive: true }).map(String);
  const texts = names.filter((name) => /\.(html|css)$/.test(name));
  assert.ok(texts.length >= 5);
  for (const name of texts) assert.ok(!readFileSync(inSite(name)).some((byte) => byte > 127), name);
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
  const old = inSite(`data/pieces/${'ab'.repeat(32)}.bin`);
  const before = inSite(`data/pieces/${piece.sha256}`); // as pieces were called before they had an ending
  const halves = [`${old}.tmp-x1y2z3`, `${before}.tmp-x1y2z3`, inSite(`data/${piece.path}.tmp-x1y2z3`)];
  const own = ['data/pieces/notes.txt', `data/pieces/${piece.sha256}.txt`, 'own.html'].map(inSite);
  for (const name of [old, before, ...halves, ...own]) writeFileSync(name, 'x');
  const { stdout } = write(site, site.dir);
  assert.match(stdout, /; 1 written, 5 old files removed/);
  assert.equal(sha256(readFileSync(inSite(`data/${piece.path}`))), piece.sha256);
  assert.deepEqual([old, before, ...halves].filter(existsSync), []);
  assert.deepEqual(own.filter(existsSync), own);
});

test('another model takes the place of the first', () => {
  const dir = path.join(site.folder, 'changing');
  write(site, dir);
  const before = manifestIn(dir);
  assert.match(write(other, dir).stdout, /2 old files removed/);
  const pieces = manifestIn(dir).model.pieces.concat(manifestIn(dir).index.pieces);
  assert.deepEqual(
    readdirSync(path.join(dir, 'data/pieces')).sort(),
    pieces.map((p) => path.basename(p.path)).sort(),
  );
  assert.notDeepEqual(manifestIn(dir), before);
});

test('of an older site goes what its own list names and nobody has changed', () => {
  const dir = path.join(site.folder, 'older');
  write(site, dir);
  const at = (name) => path.join(dir, name);
  for (const folder of ['icons', 'wasm/old/deep', 'page/own']) mkdirSync(at(folder), { recursive: true });
  const gone = ['icons/refscout.svg', 'manifest.webmanifest', 'wasm/refscout-simd.mjs', 'wasm/old/deep/a.js'];
  const kept = ['icons/mine.svg', 'page/own/changed.js', '../outside.js', 'page/own/not-listed.js', 'CNAME'];
  for (const name of [...gone, ...kept]) writeFileSync(at(name), name);
  symlinkSync('../CNAME', at('page/linked.js'));
  const outside = ['../outside.js', './CNAME', '/CNAME', 'page//own/not-listed.js', 'page/linked.js'];
  const contents = ['../outside.js', 'CNAME', 'CNAME', 'page/own/not-listed.js', 'CNAME'];
  const entries = [...gone, 'page/gone-already.js'].map((name) => `["${name}", "${sha256(name)}"]`);
  entries.push(...outside.map((name, i) => `["${name}", "${sha256(contents[i])}"]`));
  entries.push(`["page/own/changed.js", "${sha256('as it was')}"]`);
  const worker = readFileSync(at('sw.js'), 'utf8');
  writeFileSync(at('sw.js'), worker.replace('files: [', `files: [\n  ${entries.join(',\n  ')},`));
  const { stdout } = write(site, dir);
  assert.match(stdout, /; 1 written, 4 old files removed/);
  assert.deepEqual(
    gone.filter((name) => existsSync(at(name))),
    [],
  );
  assert.deepEqual(
    kept.filter((name) => existsSync(at(name))),
    kept,
  );
  assert.deepEqual(
    ['icons', 'wasm/old', 'page/linked.js'].filter((name) => existsSync(at(name))),
    ['icons', 'page/linked.js'],
  );
  assert.equal(readFileSync(at('sw.js'), 'utf8'), worker);
  assert.match(write(site, dir).stdout, /; 0 written\n$/);
});

test('an older site with a list that is cut off keeps its files', () => {
  const dir = path.join(site.folder, 'cut');
  write(site, dir);
  writeFileSync(path.join(dir, 'old.js'), 'old');
  for (const list of ['files: [["old.js", "', `files: [["old.js", "${sha256('old')}"]`]) {
    writeFileSync(path.join(dir, 'sw.js'), `self.SHELL = {version: "0123456789abcdef", ${list}`);
    assert.match(write(site, dir).stdout, /; 1 written\n$/);
    assert.ok(existsSync(path.join(dir, 'old.js')));
  }
});

test('refusals: one sentence, exit code 1, nothing written', () => {
  const full = path.join(site.folder, 'full');
  mkdirSync(full);
  writeFileSync(path.join(full, 'thesis.txt'), 'x');
  const fresh = path.join(site.folder, 'fresh');
  const cases = [
    [write(site, full), /contains something other than a refscout site/],
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
