/** What a site consists of, how much of it is on this device, and what is kept afterwards. */

import { MANIFEST_PATH, STALL_KEPT_MS } from '../shared/config.js';
import { estimateRoom, openStore } from '../shared/store.js';
import { fetchManifest, readManifest } from './files.js';

/**
 * @typedef {import('./files.js').Manifest} Manifest
 * @typedef {import('../shared/store.js').Store} Store
 *
 * @typedef {object} Plan
 * @property {string} base
 * @property {string} url          of the manifest, which the paths of the pieces start from
 * @property {Manifest} manifest
 * @property {Store | null} store
 * @property {boolean} offline     the manifest is the one of last time
 * @property {import('../shared/messages.js').Need} need
 */

/** @param {string} base
 * @param {AbortSignal} signal
 * @returns {Promise<Plan>} */
export async function makePlan(base, signal) {
  const url = new URL(MANIFEST_PATH, base).href;
  const store = await openStore(base);
  const kept = new Set((await store?.list())?.map((entry) => entry.url));
  const { manifest, offline } = await currentManifest(url, await keptManifest(url, store, kept), signal);
  const missing = piecesOf(manifest, url).filter((piece) => !kept.has(piece.url));
  const need = {
    total_bytes: manifest.model.bytes + manifest.index.bytes,
    missing_bytes: missing.reduce((sum, { bytes }) => sum + bytes, 0),
    free_bytes: (await estimateRoom())?.free ?? null,
    can_keep: store !== null,
  };
  return { base, url, manifest, store, offline, need };
}

/** The site's, or what was kept of it when the site cannot be reached. A page that a hotel's network
 * puts in its place counts as out of reach.
 * @param {string} url
 * @param {Manifest | null} kept
 * @param {AbortSignal} signal */
async function currentManifest(url, kept, signal) {
  if (!kept) return { manifest: await fetchManifest(url, { signal }), offline: false };
  try {
    const manifest = await fetchManifest(url, { signal, stall_ms: STALL_KEPT_MS, attempts: 1 });
    return { manifest, offline: false };
  } catch (thrown) {
    const code = /** @type {{code?: string}} */ (thrown).code;
    if (code === 'RS_ERR_NETWORK' || code === 'RS_ERR_FORMAT') return { manifest: kept, offline: true };
    throw thrown;
  }
}

/** The manifest of last time, if all that it names is still there.
 * @param {string} url
 * @param {Store | null} store
 * @param {Set<string>} kept
 * @returns {Promise<Manifest | null>} */
async function keptManifest(url, store, kept) {
  try {
    const text = await store?.text(url);
    if (!text) return null;
    const manifest = readManifest(text);
    return piecesOf(manifest, url).every((piece) => kept.has(piece.url)) ? manifest : null;
  } catch {
    return null; // damaged, or of another version: as good as none
  }
}

/** To be called when all pieces are in place.
 * @param {Plan} plan
 * @param {boolean} all_kept  all of them are in the store
 * @returns {Promise<import('../shared/messages.js').Storage>} */
export async function finishPlan({ url, manifest, store, offline }, all_kept) {
  if (!store) return { state: 'unavailable', offline };
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  if (!all_kept || !(await store.keep(url, () => text))) return { state: 'full', offline };
  await store.keepOnly(new Set(piecesOf(manifest, url).map((piece) => piece.url)));
  return { state: 'kept', offline };
}

/** @param {Manifest} manifest
 * @param {string} url */
function piecesOf(manifest, url) {
  const pieces = [...manifest.model.pieces, ...manifest.index.pieces];
  return pieces.map(({ path, bytes }) => ({ url: new URL(path, url).href, bytes }));
}
