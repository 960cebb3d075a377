/** The pieces of model and index, and the last manifest, kept on the device. An entry's name is the
 * address it came from, and a piece's address contains its SHA-256. Stored bytes are not trusted: the
 * reader verifies them (worker/files.js).
 *
 * Storage errors never throw: in a private window, on an insecure page and with a full disk refscout
 * works from memory. */

import { MANIFEST_PATH } from './config.js';
import { openCache } from './store_cache.js';
import { openFiles } from './store_files.js';

/**
 * @typedef {{url: string, bytes: number}} Kept
 *
 * @typedef {object} Entries  the entries of a store, in one of the two kinds of storage
 * @property {() => Promise<string[]>} urls
 * @property {() => Promise<Kept[]>} list
 * @property {(url: string) => Promise<string | null>} text
 * @property {(url: string, view: () => Uint8Array, received: (bytes: number) => void,
 *   placed?: Promise<unknown>) => Promise<boolean>} read
 *     fills the view; false if there is no entry of exactly its size. `view` is called again after every
 *     await, since memory may have grown, and only after `placed` has resolved (its memory is allocated).
 *     If `received` throws, reading ends.
 * @property {(url: string, view: () => Uint8Array) => Promise<boolean>} keep
 *     stores an entry; false if there is no room for it
 * @property {(url: string) => Promise<void>} remove
 *
 * @typedef {NonNullable<Awaited<ReturnType<typeof openStore>>>} Store
 */

/** Opens the store of one site; null if the browser stores nothing, and for a site on the disk.
 * @param {string} base  the site's address; entries of other sites on this origin are not touched */
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

    /** Removes the entries of earlier versions of this site.
     * @param {Set<string>} wanted */
    keepOnly: (wanted) => removeAll((url) => !wanted.has(url) && url !== manifest_url),

    clear: () => removeAll(() => true),
  };
}

/** Bytes that this origin stores and may still store; null if the browser gives no estimate.
 * @returns {Promise<{usage: number, free: number} | null>} */
export async function estimateRoom() {
  try {
    const { usage = 0, quota } = await navigator.storage.estimate();
    return quota === undefined ? null : { usage, free: Math.max(0, quota - usage) };
  } catch {
    return null;
  }
}
