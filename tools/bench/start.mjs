// From navigation to the first ranking: the page of a site as `refscout site` writes it, with a model of
// BERT-base's size, in a browser that has nothing of it and in one that keeps everything; beside what
// onnxruntime-web takes on the same machine from navigation to the first vector. And what a server sends.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request as ask, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { launchProfile } from '../../tests/web/page_fixture.mjs';
import { serve } from '../serve.mjs';
import { openBare } from './bare.mjs';
import { bigSite, searchOn } from './memory.mjs';
import { ratio, spread, summary } from './table.mjs';
import { textOf } from './texts.mjs';

const TOKENS = 128;
const THREADS = 2;
const CODE = /\.(m?js|wasm|css|html|svg)$|\/$/;

export const title = `From navigation to the first ranking in Chromium, ${TOKENS} tokens, milliseconds`;

/** @param {import('./run.mjs').Bench} bench */
export async function measure({ work, rounds, note, chromium }) {
  const site = bigSite(work, path.join(work, 'model.safetensors'));
  const server = await countingServer(site);
  /** @type {Record<'cold' | 'warm' | 'theirs' | 'created', number[]>} */
  const times = { cold: [], warm: [], theirs: [], created: [] };
  let compile_ms = 0;
  /** @type {Set<string>} */
  let fetched = new Set();
  try {
    for (let round = 0; round < rounds; round++) {
      note(`round ${round + 1} of ${rounds}`);
      const profile = mkdtempSync(path.join(tmpdir(), 'refscout-bench-'));
      const visit = async (
        /** @type {(page: import('playwright-core').Page) => Promise<number>} */ work_on,
      ) => {
        const context = await launchProfile(profile);
        try {
          return await work_on(await context.newPage());
        } finally {
          await context.close();
        }
      };
      /* With nothing watching: what Playwright puts into a page runs while it starts. */
      const ours = async () => {
        const browser = await openBare(profile);
        try {
          return await searchOn(browser, server.url, TOKENS);
        } finally {
          await browser.close();
        }
      };
      try {
        server.paths.clear();
        times.cold.push(await ours());
        fetched = new Set(server.paths);
        times.warm.push(await ours());
        await visit((page) => theirs(page, chromium.url)); // keeps its model
        let created = 0;
        times.theirs.push(
          await visit(async (page) => {
            const { ms, create_and_run_ms } = await theirs(page, chromium.url);
            created = create_and_run_ms;
            return ms;
          }),
        );
        times.created.push(created);
        compile_ms = await visit(async (page) => {
          await page.goto(server.url);
          return page.evaluate(compileTime, 'wasm/refscout-relaxed-threads.wasm');
        });
      } finally {
        rmSync(profile, { recursive: true, force: true });
      }
    }
  } finally {
    await server.close();
  }
  const bytes = sizesOf(site, fetched);
  const warm_ratio = ratio(times.warm, times.theirs);
  const to_session = ratio(times.warm, times.created);
  const rows = [
    ['refscout, nothing kept', spread(summary(times.cold)), ''],
    ['refscout, everything kept', spread(summary(times.warm)), spread(warm_ratio)],
    ['onnxruntime-web, its model kept', spread(summary(times.theirs)), '1'],
    ['  of this creating the session and one run', spread(summary(times.created)), ''],
    ['refscout, everything kept ÷ that', '', spread(to_session)],
    ['compiling the module', compile_ms.toFixed(0), ''],
    ...Object.entries(bytes).map(([what, count]) => [what, `${(count / 1000).toFixed(0)} kB`, '']),
  ];
  const measured = [
    {
      ...Object.fromEntries(Object.entries(times).map(([name, all]) => [name, summary(all)])),
      compile_ms,
      bytes,
    },
    { warm_ratio, warm_to_session: to_session },
  ];
  return { head: ['what', 'median (range)', '÷ onnxruntime-web'], rows, measured };
}

/** @param {() => Promise<unknown>} work */
async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** @param {import('playwright-core').Page} page
 * @param {string} url */
async function theirs(page, url) {
  await page.goto(new URL('start.html', url).href);
  await page.waitForSelector('body[data-ready]', { state: 'attached' });
  await page.evaluate(() => window.keepModel());
  let inner = { create_ms: 0, run_ms: 0 };
  const request = { ids: textOf(TOKENS).ids, threads: THREADS };
  const ms = await timed(async () => {
    await page.goto(new URL('start.html', url).href);
    await page.waitForSelector('body[data-ready]', { state: 'attached' });
    inner = await page.evaluate((all) => window.startModel(all), request);
  });
  return { ms, create_and_run_ms: inner.create_ms + inner.run_ms };
}

/** In the page: how long the browser takes for a module that it has at hand.
 * @param {string} url */
async function compileTime(url) {
  const bytes = await (await fetch(url)).arrayBuffer();
  const start = performance.now();
  await WebAssembly.compile(bytes);
  return performance.now() - start;
}

/** What servers send of what was asked for.
 * @param {string} site
 * @param {Set<string>} paths */
function sizesOf(site, paths) {
  const sizes = { 'code, plain': 0, 'code, gzip': 0, 'code, brotli': 0, data: 0 };
  for (const name of paths) {
    const file = path.join(site, name.endsWith('/') ? `${name}index.html` : name);
    if (CODE.test(name)) {
      const bytes = readFileSync(file);
      sizes['code, plain'] += bytes.length;
      sizes['code, gzip'] += gzipSync(bytes, { level: 9 }).length;
      sizes['code, brotli'] += brotliCompressSync(bytes).length;
    } else {
      sizes.data += statSync(file).size;
    }
  }
  return sizes;
}

/** Serves a folder and remembers what was asked for before the first ranking.
 * @param {string} folder */
async function countingServer(folder) {
  const inner = await serve(folder, 0);
  /** @type {Set<string>} */
  const paths = new Set();
  const outer = createServer((request, response) => {
    const path_only = (request.url ?? '/').split('?')[0];
    const { method, headers } = request;
    const forward = ask(new URL(request.url ?? '/', inner.url), { method, headers }, (answer) => {
      if (answer.statusCode === 200) paths.add(path_only);
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    forward.on('error', () => response.destroy());
    request.pipe(forward);
  });
  await new Promise((resolve) => outer.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (outer.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    paths,
    async close() {
      outer.closeAllConnections();
      await new Promise((resolve) => outer.close(resolve));
      await inner.close();
    },
  };
}
