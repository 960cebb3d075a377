/** Entries of a store in the Cache API, for browsers without a private file system: WebKitGTK. */

import { KEEP_CHUNK_BYTES, STORE_NAME } from './config.js';
import { fill } from './stream.js';

/** Stored with each entry, since a cached Response does not report its length. */
const SIZE_HEADER = 'Content-Length';

/** @param {string} data  what the addresses of all entries begin with
 * @returns {Promise<import('./store.js').Entries | null>} null if there is no Cache API */
export async function openCache(data) {
  /** @type {Cache} */
  let cache;
  try {
    cache = await caches.open(STORE_NAME);
  } catch {
    return null; // not available to insecure pages, and perhaps not in private windows
  }
  /** @param {string} url */
  const match = (url) => cache.match(url).catch(() => undefined);
  /** @param {Response | undefined} response */
  const sizeOf = (response) => Number(response?.headers.get(SIZE_HEADER) ?? 0);

  const urls = async () => {
    const requests = await cache.keys().catch(() => []);
    return requests.map(({ url }) => url).filter((url) => url.startsWith(data));
  };

  /** @param {string} url */
  const remove = async (url) => void (await cache.delete(url).catch(() => false));

  return {
    remove,

    urls,

    list: async () =>
      Promise.all((await urls()).map(async (url) => ({ url, bytes: sizeOf(await match(url)) }))),

    text: async (url) => (await match(url))?.text().catch(() => null) ?? null,

    async read(url, view, received, placed) {
      const response = await match(url);
      await placed;
      if (!response?.body || sizeOf(response) !== view().length) return false;
      return (await fill(view, response.body, received)) === view().length;
    },

    async keep(url, view) {
      const bytes = view().length;
      try {
        await cache.put(url, new Response(partsOf(view), { headers: { [SIZE_HEADER]: String(bytes) } }));
        return true;
      } catch {
        await remove(url);
        return false;
      }
    },
  };
}

/** Streams the view in chunks, so that no second copy of all of it is in memory.
 * @param {() => Uint8Array} view */
function partsOf(view) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const part = view().slice(at, at + KEEP_CHUNK_BYTES);
      if (part.length > 0) controller.enqueue(new Uint8Array(part)); // a copy: responses cannot read shared memory
      at += part.length;
      if (at === view().length) controller.close();
    },
  });
}
