// One model in every engine and on every processor that this machine can play: the same bits of every vector,
// or a sentence. The table that it makes is in build/engines.md.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';
import { TRIED } from '../../web/shared/relaxed.js';
import { openChromium } from '../web/engines/chromium.mjs';
import { openFirefox } from '../web/engines/firefox.mjs';
import { openWebKit } from '../web/engines/webkit.mjs';
import { refscout, root } from '../web/site_fixture.mjs';
import { serve } from '../web/site_server.mjs';
import { TEXTS } from './texts.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const at = (name) => path.join(root, name);
const WASM = at('build/dist/share/refscout/web/wasm');
const MODEL = at('weights/default.safetensors');
const installed = path.join(here, 'node_modules');

/** Rows of the table: engine, how it was started, what ran, what came out. */
const table = [];

const sha256 = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

/** As the command prints them: digits that read back to exactly the same f32. */
function hashOfLines(lines) {
  const vectors = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).embedding);
  return sha256(...vectors.map((vector) => new Uint8Array(Float32Array.from(vector).buffer)));
}

const WANTED = hashOfLines(refscout(['encode', '--model', MODEL], `${TEXTS.join('\n')}\n`));

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function tell(t, engine, started, ran, outcome) {
  table.push([engine, started, ran, outcome]);
  t.diagnostic(`${engine} ${started}: ${ran}: ${outcome}`);
}

after(() => {
  const rows = table.map((row) => `| ${row.join(' | ')} |`);
  writeFileSync(
    at('build/engines.md'),
    `| engine | started with | runs | vectors |\n|---|---|---|---|\n${rows.join('\n')}\n`,
  );
});

// ---- What is tried is what the modules hold -----------------------------------------------------

for (const variant of ['relaxed', 'relaxed-threads']) {
  test(`every relaxed instruction of the ${variant} module is tried before it is chosen`, async () => {
    const { readWasm } = await wabt();
    const features = { relaxed_simd: true, threads: true };
    const module = readWasm(readFileSync(path.join(WASM, `refscout-${variant}.wasm`)), features);
    const held = new Set(module.toText({}).match(/[a-z]\d+x\d+\.relaxed_\w+/g));
    assert.ok(held.size >= 2, [...held].join());
    assert.deepEqual(
      [...held].filter((name) => !TRIED.includes(name)),
      [],
    );
  });
}

// ---- JavaScript engines -------------------------------------------------------------------------

const NO_AVX = '--no-enable-avx';
const BASELINE = '--liftoff-only';

/** Node without relaxed SIMD, with the fault, without it. */
const NODES = ['node20', 'node21', 'node22', 'node24', 'node26'];
/** Those whose 16-bit dot product is wrong in baseline code on a processor without AVX. */
const FAULTY = ['node21', 'node22', 'node24'];

function runtimes() {
  const nodes = NODES.map((name) => [path.join(installed, name, 'bin/node')]);
  const bun = [path.join(installed, 'bun/bin/bun.exe'), path.join(installed, '@oven/bun-linux-x64/bin/bun')];
  return {
    ...Object.fromEntries(NODES.map((name, i) => [name, nodes[i]])),
    bun: [bun.find(existsSync) ?? bun[0]],
    deno: [
      path.join(installed, '@deno/linux-x64-glibc/deno'),
      'run',
      '--allow-read',
      '--allow-env',
      '--allow-sys',
    ],
  };
}

const RUNTIMES = runtimes();

function versionOf([program]) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return stdout?.match(/\d+\.\d+\.\d+/)?.[0] ?? 'missing';
}

/** @param {string} name
 * @param {string[]} flags
 * @param {string} [forced]  module, without asking the probe */
function runModel(name, flags, forced) {
  const [program, ...args] = RUNTIMES[name];
  const v8 = name === 'deno' ? flags.map((flag) => `--v8-flags=${flag}`) : flags;
  const script = [path.join(here, 'run_model.mjs'), WASM, MODEL, ...(forced ? [forced] : [])];
  const run = spawnSync(program, [...args, ...v8, ...script], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  assert.ok(run.stdout, `${name} ${flags.join(' ')}: ${run.stderr ?? run.error}`);
  return JSON.parse(run.stdout);
}

for (const name of Object.keys(RUNTIMES)) {
  const variants = name === 'bun' ? [[]] : [[], [NO_AVX], [BASELINE], [NO_AVX, BASELINE]];
  for (const flags of variants) {
    test(`${name} ${flags.join(' ')}`, (t) => {
      const got = runModel(name, flags);
      const engine = `${name.replace(/\d+/, '')} ${versionOf(RUNTIMES[name])}`;
      assert.equal(got.error, undefined);
      const ran = got.kernel + (got.wrong.length ? `; wrong: ${got.wrong.join(', ')}` : '');
      assert.equal(got.sha256, WANTED, ran);
      const faulty = FAULTY.includes(name) && flags.includes(NO_AVX);
      assert.equal(got.refused, faulty, ran);
      tell(t, engine, flags.join(' '), ran, 'the same');
    });
  }
}

for (const name of FAULTY) {
  test(`${name} without AVX, were the probe not asked: the fault that it is there for`, (t) => {
    const got = runModel(name, [NO_AVX], 'relaxed');
    const right = runModel(name, [NO_AVX], 'simd');
    assert.equal(right.sha256, WANTED);
    assert.notEqual(got.sha256, WANTED);
    const least = Math.min(...got.vectors.map((vector, i) => cosine(vector, right.vectors[i])));
    const outcome = `cosine with the right ones from ${least.toFixed(2)} on`;
    tell(
      t,
      `node ${versionOf(RUNTIMES[name])}`,
      `${NO_AVX}, probe and self-test left out`,
      got.kernel,
      outcome,
    );
  });
}

// ---- Browsers -----------------------------------------------------------------------------------

let folder;
let server;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'refscout-engines-'));
  const [index, dir] = [path.join(folder, 'index'), path.join(folder, 'site')];
  refscout(['embed', '--model', MODEL, at('web/sample/papers.json'), '-o', index]);
  refscout(['site', '--model', MODEL, '--index', index, '-o', dir]);
  server = await serve(dir);
});

after(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const BROWSERS = [
  ['Chromium', '', () => openChromium()],
  ['Chromium', NO_AVX, () => openChromium([`--js-flags=${NO_AVX}`])],
  ['Chromium', BASELINE, () => openChromium([`--js-flags=${BASELINE}`])],
  ['Firefox', '', () => openFirefox()],
  ['Firefox', 'without relaxed SIMD', () => openFirefox({ 'javascript.options.wasm_relaxed_simd': false })],
  ['WebKitGTK', '', () => openWebKit()],
];

/** What load() and embed() give in the page; a WebDriver that cannot wait for promises looks for it. */
async function runInPage({ go, evaluate }) {
  await go(`${server.url}submit.html`); // a page that does not load the model by itself
  await evaluate(`void import(new URL('lib/refscout.js', location.href)).then(async ({ load }) => {
    const scout = await load();
    const bytes = [];
    for (const text of ${JSON.stringify(TEXTS)}) bytes.push(new Uint8Array((await scout.embed(text)).embedding.buffer));
    const all = new Uint8Array(await new Blob(bytes).arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    globalThis.told = JSON.stringify({ ...scout.info, sha256, agent: navigator.userAgent });
  }).catch((thrown) => {
    globalThis.told = JSON.stringify({ error: thrown.code + ': ' + thrown.message, agent: navigator.userAgent });
  })`);
  for (let i = 0; i < 600; i++) {
    const told = await evaluate('globalThis.told ?? ""');
    if (told) return JSON.parse(told);
    await sleep(100);
  }
  throw new Error('nothing after a minute');
}

/** WebKitGTK gives itself out for a Safari. */
function versionOfBrowser(name, agent) {
  if (name !== 'WebKitGTK') return agent.match(/(?:Firefox|Chrome)\/(\d+)/)?.[1] ?? '';
  return versionOf(['/usr/bin/WebKitWebDriver']);
}

for (const [name, started, open] of BROWSERS) {
  test(`${name} ${started}`, async (t) => {
    const browser = await open();
    try {
      const got = await runInPage(browser);
      assert.equal(got.error, undefined);
      assert.equal(got.sha256, WANTED, got.kernel);
      tell(t, `${name} ${versionOfBrowser(name, got.agent)}`, started, got.kernel, 'the same');
    } finally {
      await browser.close();
    }
  });
}

test('WebKit as on a processor without AVX: no WebAssembly SIMD, and the cause is said', async (t) => {
  const browser = await openWebKit({ JSC_useWasmSIMD: '0' });
  try {
    const { error, agent } = await runInPage(browser);
    assert.match(error, /RS_ERR_UNSUPPORTED: .*processors without AVX/);
    tell(
      t,
      `WebKitGTK ${versionOfBrowser('WebKitGTK', agent)}`,
      'JSC_useWasmSIMD=0',
      'nothing',
      error.replace(/^\w+: /, ''),
    );
  } finally {
    await browser.close();
  }
});

// ---- Processors ---------------------------------------------------------------------------------

const qemu = (name) => at(`build/toolchain/arm64/usr/bin/qemu-${name}`);
const NATIVE = at('build/dist/bin/refscout');
const ARM = at('build/arm64/src/refscout');

const PROCESSORS = [
  ['this machine', [NATIVE]],
  ['Nehalem (no AVX)', [qemu('x86_64'), '-cpu', 'Nehalem', NATIVE]],
  ['Haswell (AVX2)', [qemu('x86_64'), '-cpu', 'Haswell', NATIVE]],
  ['qemu64 (no SSE4.1)', [qemu('x86_64'), '-cpu', 'qemu64', NATIVE]],
  ['Arm Cortex-A53', [qemu('aarch64'), '-cpu', 'cortex-a53', ARM]],
  ['Arm Neoverse N1', [qemu('aarch64'), '-cpu', 'neoverse-n1', ARM]],
];

for (const [name, [program, ...args]] of PROCESSORS) {
  test(`the command on ${name}`, (t) => {
    const run = (more, input) => {
      const { status, stdout, stderr, error } = spawnSync(program, [...args, ...more], {
        input,
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${stderr ?? error}`);
      return stdout;
    };
    const { kernel, self_test } = JSON.parse(run(['inspect', '--json', MODEL], ''));
    assert.equal(self_test, 'passed');
    const lines = run(['encode', '--model', MODEL], `${TEXTS.join('\n')}\n`);
    assert.equal(hashOfLines(lines), WANTED, kernel);
    tell(t, 'the command', name, kernel, 'the same');
  });
}
