/* The service worker: precaches the page's own files (the application shell), so that the page opens without a
 * network, and answers with headers that a plain static server cannot set. `refscout site` writes the list of files
 * before this text as self.SHELL; without the list this script fails to start, and the page works without it.
 *
 * Model and index are not handled here: the worker stores them (shared/store.js) in the private file system, or in a
 * cache if there is none. */

import { tryRelaxed } from './shared/relaxed.js';

/** @typedef {{version: string, files: [path: string, sha256: string][]}} Shell */

const worker = /** @type {ServiceWorkerGlobalScope & {SHELL: Shell}} */ (/** @type {unknown} */ (self));
const { version, files } = worker.SHELL;
const scope = worker.registration.scope;

/* Caches belong to an origin, which may have several of these sites: their names contain the path. */
const PREFIX = `refscout-shell ${new URL(scope).pathname} `;
const CACHE = PREFIX + version;

/* A worker takes its Content-Security-Policy from the headers of its own file, not from its page: without this
 * header the policy of index.html would not apply to the worker, which reads the text. The same policy is in index.html
 * and tools/serve.mjs; a test compares them. Cross-Origin-Opener-Policy and -Embedder-Policy make the page
 * cross-origin isolated, without which it gets no threads. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'sha256-eYgIWDrM1WmrRT/g9kA2F8nYn32sCN6YiJbT0M2lFp8=' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** Address of a file as the page requests it. Many servers redirect index.html to its folder.
 * @param {string} path */
const addressOf = (path) => new URL(path === 'index.html' ? './' : path, scope).href;
/* The frame that other sites embed is not answered from here: the server's headers say who may embed it. */
const FOR_OTHERS = 'preview-frame.html';
const own = files.filter(([path]) => path !== FOR_OTHERS);
const known = new Set(own.map(([path]) => addressOf(path)));

/* No automatic skipWaiting(): a new version waits until the reader asks for it or every page of the old version is
 * closed. */
worker.addEventListener('install', (event) => event.waitUntil(keepFiles()));
worker.addEventListener('activate', (event) => event.waitUntil(removeOlder()));
worker.addEventListener('message', ({ data }) => {
  if (data?.action === 'activate') worker.skipWaiting();
});
worker.addEventListener('fetch', (event) => {
  const address = addressAsked(event.request);
  if (address) event.respondWith(answer(address, event.request));
});

async function keepFiles() {
  const cache = await caches.open(CACHE);
  // Only the module variants that this browser uses are fetched.
  const useless = tryRelaxed().right ? 'wasm/refscout-simd' : 'wasm/refscout-relaxed';
  const waiting = own.filter(([path]) => !path.startsWith(useless));
  const lane = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) await keepFile(cache, file);
  };
  try {
    await Promise.all([lane(), lane(), lane(), lane()]);
  } catch (thrown) {
    waiting.length = 0;
    await caches.delete(CACHE);
    await tellPages(thrown);
    throw thrown; // the browser tries again at the next visit
  }
}

/** An error that says why a file cannot be kept; strings.refusals has the sentences.
 * @param {string} kind
 * @param {string} path
 * @param {string} [detail] */
const refusal = (kind, path, detail = '') =>
  Object.assign(new Error(`${path}: ${kind} ${detail}`), { why: { kind, path, detail } });

/** Sends the reason of a failed installation to the site's pages, which this worker does not control.
 * @param {any} thrown */
async function tellPages(thrown) {
  const why = thrown.why ?? { kind: 'other', path: '', detail: String(thrown.message) };
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) {
    if (page.url.startsWith(scope)) page.postMessage({ action: 'refused', why });
  }
}

/** Fetches and stores a file. Its SHA-256 is checked, so that files of two versions are never mixed while a site is
 * being uploaded.
 * @param {Cache} cache
 * @param {[string, string]} file */
async function keepFile(cache, [path, sha256]) {
  const address = addressOf(path);
  const { response, bytes } = await ask(address).catch(() => Promise.reject(refusal('unreachable', path)));
  if (!response.ok) throw refusal('status', path, String(response.status));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sum = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (sum !== sha256) {
    const is_page = /html/.test(response.headers.get('Content-Type') ?? '') && !path.endsWith('.html');
    throw refusal(is_page ? 'page' : 'changed', path);
  }
  await cache.put(address, guarded(bytes, response)).catch((thrown) => {
    throw thrown.name === 'QuotaExceededError' ? refusal('room', path) : thrown;
  });
}

/** @param {string} address */
async function ask(address) {
  const response = await fetch(address, { cache: 'no-cache', credentials: 'same-origin' });
  return { response, bytes: await response.arrayBuffer() };
}

async function removeOlder() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
}

/** Address of the precached file that a request is for; null if the request is not intercepted. Some servers
 * redirect submit.html to submit, which the browser then requests.
 * @param {Request} request */
function addressAsked(request) {
  if (request.method !== 'GET') return null;
  const url = new URL(request.url);
  url.search = '';
  url.hash = '';
  if (/^index(\.html)?$/.test(url.href.replace(scope, ''))) return addressOf('index.html');
  return [url.href, `${url.href}.html`].find((address) => known.has(address)) ?? null;
}

/** @param {string} address
 * @param {Request} request */
async function answer(address, request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(address);
  if (kept) return kept;
  // The reader emptied the cache, or the modules that were precached failed the model's self-test.
  const file = own.find(([path]) => addressOf(path) === address);
  if (file) await keepFile(cache, file).catch(() => {});
  const now = await cache.match(address);
  if (now) return now;
  const response = await fetch(request);
  return response.ok && !response.redirected ? guarded(response.body, response) : response;
}

/** A new response with our headers; browsers reject a redirected response as the answer to a navigation.
 * @param {BodyInit | null} body
 * @param {Response} response */
function guarded(body, response) {
  const headers = new Headers(HEADERS);
  headers.set('Content-Type', response.headers.get('Content-Type') ?? 'application/octet-stream');
  return new Response(body, { headers });
}
