/** The plan of a load: the manifest, what is stored already, and what to store afterwards. */

import { MANIFEST_PATH, STALL_KEPT_MS } from '../shared/config.js';
import { estimateRoom, openStore } from '../shared/store.js';
import { fetchManifest, readManifest } from './files.js';

/**
 * @typedef {Record<string, string>} Known  XXH64 checksums of pieces, by their SHA-256
 * @typedef {import('./files.js').Manifest} Manifest
 * @typedef {import('../shared/store.js').Store} Store
 *
 * @typedef {object} Plan
 * @property {string} base
 * @property {string} url          of the manifest; paths of pieces are relative to it
 * @property {Manifest} manifest
 * @property {Store | null} store
 * @property {string | null} note  the stored manifest with checksums (JSON text): readNote
 * @property {Known} known         checksums of the stored pieces
 * @property {boolean} offline     the stored manifest is used
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

/** The site's manifest, or the stored one if the site is unreachable. An answer that is no manifest counts as
 * unreachable, since a captive portal answers with a page of its own.
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

/** The stored manifest and the checksums of its pieces; null if a piece is missing.
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
    return null; // unreadable or of another version: ignored
  }
}

/** Stores the manifest and removes old pieces; called when all pieces have been read and verified.
 * @param {Plan} plan
 * @param {boolean} all_kept  all pieces are in the store
 * @param {Known} known
 * @returns {Promise<import('../shared/messages.js').Storage>} */
export async function finishPlan({ url, manifest, store, note, offline }, all_kept, known) {
  if (!store) return { state: 'unavailable', offline };
  const text = JSON.stringify({ ...manifest, known });
  if (all_kept && text === note) return { state: 'kept', offline }; // nothing has changed
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
