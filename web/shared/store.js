/** The pieces of model and index, and the last manifest, kept on the device in the Cache API. An
 * entry's key is the address it came from, and a piece's address ends with its SHA-256. That it was
 * kept says nothing about its bytes: whoever reads it back checks them (worker/files.js).
 *
 * Nothing here throws because of storage: a private window, an insecure page and a full disk all
 * mean that refscout works from memory. */

import { MANIFEST_PATH, PIECES_CACHE } from './config.js';

/** In each entry, since a kept response does not say how long it is. */
const SIZE_HEADER = 'Content-Length';

/**
 * @typedef {{url: string, bytes: number}} Kept
 * @typedef {NonNullable<Awaited<ReturnType<typeof openStore>>>} Store
 */

/** The store of one site, or null where the browser keeps nothing.
 * @param {string} base  the site's address; others on this origin are left alone */
export async function openStore(base) {
  if (typeof caches === 'undefined') return null; // an insecure page has none
  /** @type {Cache} */
  let cache;
  try {
    cache = await caches.open(PIECES_CACHE);
  } catch {
    return null; // a private window may refuse
  }
  const manifest_url = new URL(MANIFEST_PATH, base).href;
  const data = new URL('.', manifest_url).href;

  return {
    /** Addresses and sizes of all that is kept for this site.
     * @returns {Promise<Kept[]>} */
    async list() {
      const requests = await cache.keys().catch(() => []);
      const ours = requests.filter(({ url }) => url.startsWith(data));
      return Promise.all(
        ours.map(async ({ url }) => {
          const response = await cache.match(url).catch(() => undefined);
          return { url, bytes: Number(response?.headers.get(SIZE_HEADER) ?? 0) };
        }),
      );
    },

    /** @param {string} url
     * @returns {Promise<Response | undefined>} */
    read: (url) => cache.match(url).catch(() => undefined),

    /** False when there is no room for it. An entry is there whole or not at all.
     * @param {string} url
     * @param {number} bytes
     * @param {BodyInit} body */
    async keep(url, bytes, body) {
      try {
        await cache.put(url, new Response(body, { headers: { [SIZE_HEADER]: String(bytes) } }));
        return true;
      } catch {
        await this.remove(url);
        return false;
      }
    },

    /** @param {string} url */
    remove: (url) => cache.delete(url).catch(() => false),

    /** Removes what an earlier version of this site has left.
     * @param {Set<string>} urls  to be kept */
    async keepOnly(urls) {
      for (const { url } of await this.list()) {
        if (!urls.has(url) && url !== manifest_url) await this.remove(url);
      }
    },

    async clear() {
      for (const { url } of await this.list()) await this.remove(url);
    },
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
