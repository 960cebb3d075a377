// A CacheStorage in memory for Node, which has none; with a limit it refuses as a full disk does.

/** @param {{limit?: number}} [options]
 * @returns {CacheStorage & {entries: Map<string, {bytes: Buffer, headers: Headers}>}} */
export function fakeCaches({ limit = Number.POSITIVE_INFINITY } = {}) {
  /** @type {Map<string, {bytes: Buffer, headers: Headers}>} */
  const entries = new Map();
  const used = () => [...entries.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  const cache = {
    keys: async () => [...entries.keys()].map((url) => ({ url })),
    async match(url) {
      const entry = entries.get(url);
      return entry && new Response(entry.bytes, { headers: entry.headers });
    },
    async put(url, response) {
      const bytes = Buffer.from(await response.arrayBuffer());
      if (used() + bytes.length > limit) throw new DOMException('Quota exceeded.', 'QuotaExceededError');
      entries.set(url, { bytes, headers: response.headers });
    },
    delete: async (url) => entries.delete(url),
  };
  return { entries, open: async () => cache };
}
