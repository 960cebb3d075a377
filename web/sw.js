/* The service worker: keeps the page's own files, so that it opens without a network, and gives them
 * the headers that a plain static server cannot. `refscout site` writes the list of files in front
 * of this as self.SHELL; served without it, this fails to start and the page works without it.
 *
 * Model and index are none of its business: worker/files.js keeps them, in a cache of their own. */

import { tryRelaxed } from './shared/relaxed.js';

/** @typedef {{version: string, files: [path: string, sha256: string][]}} Shell */

const worker = /** @type {ServiceWorkerGlobalScope & {SHELL: Shell}} */ (/** @type {unknown} */ (self));
const { version, files } = worker.SHELL;
const scope = worker.registration.scope;

/* Caches belong to an origin, on which several of these sites may lie: the path tells them apart. */
const PREFIX = `refscout-shell ${new URL(scope).pathname} `;
const CACHE = PREFIX + version;

/* A worker takes its policy from its own file's headers, not from its page: without this one the
 * policy of index.html would not hold where the text is read. The other two isolate the page, and
 * only an isolated page is given threads. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'sha256-eYgIWDrM1WmrRT/g9kA2F8nYn32sCN6YiJbT0M2lFp8=' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** Address of each file, as the page asks for it. Many servers send index.html on to its folder.
 * @param {string} path */
const addressOf = (path) => new URL(path === 'index.html' ? './' : path, scope).href;
/* The frame that other sites embed takes its headers from the server: who may embed it is said there. */
const FOR_OTHERS = 'preview-frame.html';
const own = files.filter(([path]) => path !== FOR_OTHERS);
const known = new Set(own.map(([path]) => addressOf(path)));

/* Nothing is skipped here: a new version waits until the reader asks for it, or until every page of
 * the old one is closed. */
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
  // Of the modules, half are of no use here and are not fetched.
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

/** Why a file cannot be kept: strings.refusals has the sentences.
 * @param {string} kind
 * @param {string} path
 * @param {string} [detail] */
const refusal = (kind, path, detail = '') =>
  Object.assign(new Error(`${path}: ${kind} ${detail}`), { why: { kind, path, detail } });

/** They are not controlled by this worker, which never came to be.
 * @param {any} thrown */
async function tellPages(thrown) {
  const why = thrown.why ?? { kind: 'other', path: '', detail: String(thrown.message) };
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) {
    if (page.url.startsWith(scope)) page.postMessage({ action: 'refused', why });
  }
}

/** The sum keeps files of two versions apart while a site is being uploaded.
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

/** The file of ours that a request is for, or null: then the browser fetches it as ever. Some servers send
 * readers on from submit.html to submit, which is what they then ask for again.
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
  // The reader emptied the cache, or the modules that were picked failed the model's self-test.
  const file = own.find(([path]) => addressOf(path) === address);
  if (file) await keepFile(cache, file).catch(() => {});
  const now = await cache.match(address);
  if (now) return now;
  const response = await fetch(request);
  return response.ok && !response.redirected ? guarded(response.body, response) : response;
}

/** A response of our own: one that was redirected could not answer for a page.
 * @param {BodyInit | null} body
 * @param {Response} response */
function guarded(body, response) {
  const headers = new Headers(HEADERS);
  headers.set('Content-Type', response.headers.get('Content-Type') ?? 'application/octet-stream');
  return new Response(body, { headers });
}
