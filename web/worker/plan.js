/** What a site consists of, how much of it is on this device, and what is kept afterwards. */

import { MANIFEST_PATH, STALL_KEPT_MS } from '../shared/config.js';
import { estimateRoom, openStore } from '../shared/store.js';
import { fetchManifest, readManifest } from './files.js';

/**
 * @typedef {Record<string, string>} Known  quick sums of pieces, by their SHA-256
 * @typedef {import('./files.js').Manifest} Manifest
 * @typedef {import('../shared/store.js').Store} Store
 *
 * @typedef {object} Plan
 * @property {string} base
 * @property {string} url          of the manifest, which the paths of the pieces start from
 * @property {Manifest} manifest
 * @property {Store | null} store
 * @property {string | null} note  what was kept with the pieces last time: readNote
 * @property {Known} known         the quick sums of these pieces
 * @property {boolean} offline     the manifest is the one of last time
 * @property {import('../shared/messages.js').Need} need
 */

/** @param {string} base
 * @param {AbortSignal} signal
 * @returns {Promise<Plan>} */
export async function makePlan(base, signal) {
  const url = new URL(MANIFEST_PATH, base).href;
  const store = await openStore(base);
  const [urls, note] = await Promise.all([store?.urls(), store?.text(url)]);
  const kept = new Set(urls);
  const last = readNote(note ?? null, url, kept);
  const { manifest, offline } = await currentManifest(url, last?.manifest ?? null, signal);
  const missing = piecesOf(manifest, url).filter((piece) => !kept.has(piece.url));
  const need = {
    total_bytes: manifest.model.bytes + manifest.index.bytes,
    missing_bytes: missing.reduce((sum, { bytes }) => sum + bytes, 0),
    free_bytes: (await estimateRoom())?.free ?? null,
    can_keep: store !== null,
  };
  return { base, url, manifest, store, note: note ?? null, known: last?.known ?? {}, offline, need };
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

/** The manifest of last time and the quick sums of its pieces, if all of them are still there.
 * @param {string | null} note
 * @param {string} url
 * @param {Set<string>} kept
 * @returns {{manifest: Manifest, known: Known} | null} */
function readNote(note, url, kept) {
  if (!note) return null;
  try {
    const manifest = readManifest(note);
    const { known } = JSON.parse(note);
    return piecesOf(manifest, url).every((piece) => kept.has(piece.url))
      ? { manifest, known: known ?? {} }
      : null;
  } catch {
    return null; // damaged, or of another version: as good as none
  }
}

/** To be called when all pieces are in place.
 * @param {Plan} plan
 * @param {boolean} all_kept  all of them are in the store
 * @param {Known} known
 * @returns {Promise<import('../shared/messages.js').Storage>} */
export async function finishPlan({ url, manifest, store, note, offline }, all_kept, known) {
  if (!store) return { state: 'unavailable', offline };
  const text = JSON.stringify({ ...manifest, known });
  if (all_kept && text === note) return { state: 'kept', offline }; // as last time
  const bytes = new TextEncoder().encode(text);
  if (!all_kept || !(await store.keep(url, () => bytes))) return { state: 'full', offline };
  await store.keepOnly(new Set(piecesOf(manifest, url).map((piece) => piece.url)));
  return { state: 'kept', offline };
}

/** @param {Manifest} manifest
 * @param {string} url */
function piecesOf(manifest, url) {
  const pieces = [...manifest.model.pieces, ...manifest.index.pieces];
  return pieces.map(({ path, bytes }) => ({ url: new URL(path, url).href, bytes }));
}
