// Chromium on a folder that is served with isolation.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from '../../tests/web/page_fixture.mjs';
import { serve } from '../serve.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const ORT = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
const WLLAMA = ['index.js', 'wasm/wllama.wasm'];
const POLICY = 'content-security-policy';

/** Lays out what the pages load: these pages, refscout's, the peers', and the models.
 * @param {string} work  the bench's folder below build/
 * @param {string} dist  where tools/build.sh has put refscout together */
export async function openBrowser(work, dist) {
  const folder = path.join(work, 'www');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'onnxruntime'), { recursive: true });
  cpSync(path.join(here, 'pages'), folder, { recursive: true });
  /* The sources, of which a page of ours takes parts; in build/dist they are bundled. */
  cpSync(path.join(here, '../../web'), path.join(folder, 'refscout'), { recursive: true });
  cpSync(path.join(dist, 'share/refscout/web/wasm'), path.join(folder, 'refscout/wasm'), { recursive: true });
  for (const name of ORT) {
    cpSync(
      path.join(here, 'node_modules/onnxruntime-web/dist', name),
      path.join(folder, 'onnxruntime', name),
    );
  }
  cpSync(path.join(here, 'node_modules/@orama/orama/dist/browser'), path.join(folder, 'orama'), {
    recursive: true,
  });
  for (const name of WLLAMA) {
    cpSync(path.join(here, 'node_modules/@wllama/wllama/esm', name), path.join(folder, 'wllama', name));
  }
  for (const name of ['model.safetensors', 'int8.onnx', 'q8_0.gguf']) {
    cpSync(path.join(work, name), path.join(folder, name));
  }
  const server = await serve(folder, 0);
  const browser = await launch();
  return {
    browser,
    url: server.url,
    /** What is served, for files that a part makes. */
    folder,
    version: `Chromium ${browser.version()}`,
    /** A page on which engines are opened and asked by name. */
    async page() {
      const page = await browser.newPage();
      // wllama makes its workers out of blobs; they and theirs take over the policy of the worker that does.
      await page.route('**/wllama_worker.js', async (route) => {
        const response = await route.fetch();
        const headers = response.headers();
        headers[POLICY] = headers[POLICY].replace('worker-src', 'worker-src blob:');
        await route.fulfill({ response, headers });
      });
      await page.goto(new URL('bench.html', server.url).href);
      return {
        open: (...args) => page.evaluate((a) => window.bench.open(...a), args),
        run: (...args) => page.evaluate((a) => window.bench.run(...a), args),
        close: () => page.close(),
      };
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
