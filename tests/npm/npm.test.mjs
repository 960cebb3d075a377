// The npm package as somebody meets it who has nothing else of refscout: packed, installed into an empty folder, and
// used there by Node, Deno and Bun, by TypeScript, and by an application that Vite builds and Chromium opens.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createServer } from 'vite';
import { openChromium } from '../web/engines/chromium.mjs';
import { assertSameAnswer, buildSite, QUERY, root, searchByCommand } from '../web/site_fixture.mjs';
import { serve } from '../web/site_server.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const at = (name) => path.join(root, name);
const bin = (folder, name) => path.join(folder, 'node_modules/.bin', name);
const engines = at('tests/engines/node_modules');
/** Between the same kernels on other processors and engines: none, with int8 weights; JSON has six decimals. */
const TOLERANCE = 2e-4;

let folder, site, server, tarball;

/** Runs a program in the folder; fails the test when it fails. */
function run(program, args, options = {}) {
  const done = spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 60_000, ...options });
  assert.equal(
    done.status,
    0,
    `${program} ${args.join(' ')}\n${done.stdout}\n${done.stderr}\n${done.error ?? ''}`,
  );
  return done.stdout;
}

/** What a program prints that asks the server of this process. */
async function output(program, args) {
  const env = { ...process.env, DENO_DIR: path.join(folder, 'deno') };
  return (await promisify(execFile)(program, args, { cwd: folder, timeout: 30_000, env })).stdout;
}

before(async () => {
  const [name] = readdirSync(at('build/npm')).filter((file) => file.endsWith('.tgz'));
  tarball = path.join(at('build/npm'), name);
  folder = mkdtempSync(path.join(tmpdir(), 'refscout-npm-'));
  writeFileSync(path.join(folder, 'package.json'), '{"name": "somebody", "type": "module", "private": true}');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball]);
  site = buildSite();
  // The page of another origin asks for the site's files.
  server = await serve(site.dir, { headers: { 'Access-Control-Allow-Origin': '*' } });
  cpSync(path.join(here, 'consumer.mjs'), path.join(folder, 'consumer.mjs'));
  cpSync(site.dir, path.join(folder, 'my site'), { recursive: true });
});

after(async () => {
  await server?.close();
  site?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

// ---- What is in it -------------------------------------------------------------------------------

test('the tarball holds what it needs, and nothing of this machine', () => {
  const files = run('tar', ['-tf', tarball]).trim().split('\n');
  for (const name of [
    'README.md',
    'LICENSE',
    'lib/refscout.d.ts',
    'worker/main.js',
    'wasm/refscout-simd.wasm',
  ]) {
    assert.ok(files.includes(`package/${name}`), name);
  }
  assert.equal(files.filter((name) => name.endsWith('.wasm')).length, 4);
  const package_folder = path.join(folder, 'node_modules/refscout');
  const found = spawnSync('grep', ['-rl', root.replace(/\/$/, ''), package_folder], { encoding: 'utf8' });
  assert.equal(found.stdout, '');
  const { version, dependencies } = JSON.parse(
    readFileSync(path.join(package_folder, 'package.json'), 'utf8'),
  );
  assert.equal(`refscout ${version}\n`, run(at('build/dist/bin/refscout'), ['--version']));
  assert.equal(dependencies, undefined);
});

test('publint finds nothing', () => {
  assert.match(run(bin(here, 'publint'), ['run', tarball, '--strict', '--pack=false']), /All good!/);
});

test('Are the types wrong? finds nothing', () => {
  run(bin(here, 'attw'), [tarball, '--profile', 'esm-only']);
});

test('TypeScript takes the types, strictly and without those of a browser', () => {
  writeFileSync(
    path.join(folder, 'typed.ts'),
    `import { load, RefscoutError, type Person, type SearchResult } from 'refscout';
export async function names(base: URL, text: string): Promise<string[]> {
  const scout = await load({ base, confirm: ({ missing_bytes }) => missing_bytes < 1e9 });
  const { people, query }: SearchResult = await scout.search(text, { top: 3, aggregate: 'best' });
  const { embedding } = await scout.embed(text);
  const length: number = embedding.length + query.tokens;
  return people.map(({ name }: Person) => name + length);
}
// @ts-expect-error: there is no such score
export const wrong = (scout: import('refscout').Refscout) => scout.search('', { score: 'height' });
export const code = (thrown: RefscoutError): 'RS_ERR_NETWORK' | undefined =>
  thrown.code === 'RS_ERR_NETWORK' ? thrown.code : undefined;
`,
  );
  const node_types = path.join(at('tests/web/node_modules'), '@types');
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022', '--module', 'nodenext'];
  run(bin(at('tests/web'), 'tsc'), [...options, '--typeRoots', node_types, '--types', 'node', 'typed.ts']);
});

// ---- Without a browser ---------------------------------------------------------------------------

const bun = [path.join(engines, 'bun/bin/bun.exe'), path.join(engines, '@oven/bun-linux-x64/bin/bun')].find(
  existsSync,
);
const RUNTIMES = {
  'the Node that runs the tests': [process.execPath],
  'Node 20': [path.join(engines, 'node20/bin/node')],
  'Node 24': [path.join(engines, 'node24/bin/node')],
  Bun: [bun ?? 'bun'],
  Deno: [
    path.join(engines, '@deno/linux-x64-glibc/deno'),
    'run',
    '--no-prompt',
    '--allow-read',
    '--allow-net',
  ],
};

for (const [name, [program, ...args]] of Object.entries(RUNTIMES)) {
  for (const kind of ['http', 'a folder']) {
    test(`${name}, a site by ${kind}`, async (t) => {
      const base = kind === 'http' ? server.url : './my site';
      const got = JSON.parse(await output(program, [...args, 'consumer.mjs', base, QUERY]));
      assertSameAnswer(got.answer, searchByCommand(site, QUERY), TOLERANCE);
      assert.equal(got.best.people[0].score, got.answer.papers[0].score);
      assert.equal(got.numbers, got.info.model.hidden_size);
      assert.equal(got.refused.code, 'RS_ERR_NETWORK');
      const why =
        kind === 'http'
          ? 'The server answered 404 for data/manifest.json'
          : 'data/manifest.json could not be read';
      assert.ok(got.refused.message.startsWith(why), got.refused.message);
      t.diagnostic(`${got.info.kernel}, ${got.info.threads} thread, kept: ${got.info.storage.state}`);
    });
  }
}

test('Node: where the thread cannot be started, the error says what was to be', async () => {
  const broken = path.join(folder, 'broken');
  cpSync(path.join(folder, 'node_modules/refscout'), broken, { recursive: true });
  rmSync(path.join(broken, 'worker/main.js'));
  writeFileSync(
    path.join(folder, 'broken.mjs'),
    `import { load } from './broken/lib/refscout.js';
await load({ base: 'my site' }).catch(({ code, message }) => console.log(code + ': ' + message));`,
  );
  assert.equal(
    await output(process.execPath, ['broken.mjs']),
    'RS_ERR_INTERNAL: The thread (node:worker_threads) that runs the model could not be started or stopped unexpectedly. Call load() again.\n',
  );
});

// ---- In a browser --------------------------------------------------------------------------------

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>somebody</title><script type="module" src="./main.js"></script>';
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** A page of somebody's, in the folder; what it finds is in globalThis.told. */
function writePage(name, from) {
  const page = path.join(folder, name);
  mkdirSync(page);
  writeFileSync(path.join(page, 'index.html'), PAGE);
  writeFileSync(
    path.join(page, 'main.js'),
    `import { load } from '${from}';
load({ base: ${JSON.stringify(server.url)} })
  .then(async (scout) => ({ info: scout.info, answer: await scout.search(${JSON.stringify(QUERY)}) }))
  .catch(({ code, message }) => ({ error: code + ': ' + message }))
  .then((told) => { globalThis.told = told; });`,
  );
  return page;
}

/** Opens a page in Chromium; what it tells must be what the command answers. */
async function open(url) {
  const browser = await openChromium();
  try {
    await browser.go(url);
    const wait =
      'new Promise((done) => { const look = () => globalThis.told ? done(told) : setTimeout(look, 50); look(); })';
    const got = await browser.evaluate(wait);
    assert.equal(got.error, undefined);
    assertSameAnswer(got.answer, searchByCommand(site, QUERY), TOLERANCE);
    return got.info;
  } finally {
    await browser.close();
  }
}

async function openFolder(dir, headers) {
  const from = await serve(dir, { headers });
  return open(from.url).finally(() => from.close());
}

test('an application that Vite has built, in Chromium, with one thread and with several', async (t) => {
  const page = writePage('app', 'refscout');
  run(bin(here, 'vite'), ['build', '--base', './', '--outDir', 'dist'], { cwd: page });
  // The page, the worker, and four modules of two files: nothing was taken for a file that is none.
  assert.equal(readdirSync(path.join(page, 'dist/assets')).length, 10);
  const plain = await openFolder(path.join(page, 'dist'), {});
  assert.equal(plain.threads, 1);
  const isolated = await openFolder(path.join(page, 'dist'), ISOLATED);
  assert.equal(isolated.module.threads, isolated.threads > 1);
  t.diagnostic(`${plain.module.name}; isolated: ${isolated.module.name} with ${isolated.threads} threads`);
});

test('the same application as Vite’s development server shows it', async (t) => {
  const vite = await createServer({
    root: path.join(folder, 'app'),
    logLevel: 'error',
    server: { headers: ISOLATED },
  });
  try {
    await vite.listen();
    const info = await open(vite.resolvedUrls.local[0]);
    t.diagnostic(`${info.module.name} with ${info.threads} threads`);
  } finally {
    await vite.close();
  }
});

test('the package as it is, without a bundler, in Chromium', async (t) => {
  const page = writePage('unbundled', './refscout/lib/refscout.js');
  cpSync(path.join(folder, 'node_modules/refscout'), path.join(page, 'refscout'), { recursive: true });
  const info = await openFolder(page, ISOLATED);
  t.diagnostic(`${info.module.name} with ${info.threads} threads`);
});
