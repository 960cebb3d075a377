/** The pieces of model and index, and the last manifest, kept on the device. An entry's name is the
 * address it came from, and a piece's address ends with its SHA-256. That it was kept says nothing
 * about its bytes: whoever reads it back checks them (worker/files.js).
 *
 * Nothing here throws because of storage: a private window, an insecure page and a full disk all
 * mean that refscout works from memory. */

import { MANIFEST_PATH } from './config.js';
import { openCache } from './store_cache.js';
import { openFiles } from './store_files.js';

/**
 * @typedef {{url: string, bytes: number}} Kept
 *
 * @typedef {object} Entries  where a store keeps what it is given
 * @property {() => Promise<string[]>} urls
 * @property {() => Promise<Kept[]>} list
 * @property {(url: string) => Promise<string | null>} text
 * @property {(url: string, view: () => Uint8Array, received: (bytes: number) => void,
 *   placed?: Promise<unknown>) => Promise<boolean>} read
 *     fills the view, which is asked for anew after every wait; false when there is no entry of just that
 *     size. What `received` throws ends it. The view is not asked for before it is `placed`.
 * @property {(url: string, view: () => Uint8Array) => Promise<boolean>} keep
 *     false when there is no room for it
 * @property {(url: string) => Promise<void>} remove
 *
 * @typedef {NonNullable<Awaited<ReturnType<typeof openStore>>>} Store
 */

/** The store of one site, or null where the browser keeps nothing, and for a site on the disk.
 * @param {string} base  the site's address; others on this origin are left alone */
export async function openStore(base) {
  if (base.startsWith('file:')) return null;
  const manifest_url = new URL(MANIFEST_PATH, base).href;
  const data = new URL('.', manifest_url).href;
  const entries = (await openFiles(data)) ?? (await openCache(data));
  if (!entries) return null;
  const { urls, remove } = entries;

  /** @param {(url: string) => boolean} unwanted */
  async function removeAll(unwanted) {
    for (const url of await urls()) if (unwanted(url)) await remove(url);
  }
  return {
    ...entries,

    /** Removes what an earlier version of this site has left.
     * @param {Set<string>} wanted */
    keepOnly: (wanted) => removeAll((url) => !wanted.has(url) && url !== manifest_url),

    clear: () => removeAll(() => true),
  };
}

/** What the browser grants this origin and how much of it is left; null where it does not tell.
 * @returns {Promise<{usage: number, free: number} | null>} */
export async function estimateRoom() {
  try {
    const { usage = 0, quota } = await navigator.storage.estimate();
    return quota === undefined ? null : { usage, free: Math.max(0, quota - usage) };
  } catch {
    return null;
  }
}
