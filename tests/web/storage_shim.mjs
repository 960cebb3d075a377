// What browsers keep things in, in memory for Node, which has neither; with a limit they refuse as a full disk
// does. Both show what they hold by the address that it was kept under.
import { STORE_NAME } from '../../web/shared/config.js';

/**
 * @typedef {object} Held
 * @property {Map<string, Buffer>} held  by address
 * @property {() => void} install
 * @property {() => void} remove
 */

/** A CacheStorage.
 * @param {{limit?: number}} [options] */
export function fakeCaches({ limit = Number.POSITIVE_INFINITY } = {}) {
  /** @type {Map<string, Buffer>} */
  const held = new Map();
  /** @type {Map<string, Headers>} */
  const headers = new Map();
  const cache = {
    keys: async () => [...held.keys()].map((url) => ({ url })),
    async match(url) {
      return held.has(url) ? new Response(held.get(url), { headers: headers.get(url) }) : undefined;
    },
    async put(url, response) {
      const bytes = Buffer.from(await response.arrayBuffer());
      if (used(held) + bytes.length > limit) throw full();
      held.set(url, bytes);
      headers.set(url, response.headers);
    },
    delete: async (url) => held.delete(url),
  };
  return {
    held,
    install: () => define('caches', { open: async () => cache }),
    remove: () => delete globalThis.caches,
  };
}

/** A private file system, as a worker sees it, the store's folders only. `locked` addresses are those that
 * another page has open.
 * @param {{limit?: number}} [options] */
export function fakeFiles({ limit = Number.POSITIVE_INFINITY } = {}) {
  /** @type {Map<string, Buffer>} */
  const held = new Map();
  /** @type {Set<string>} */
  const locked = new Set();

  const accessTo = (url) => ({
    getSize: () => held.get(url).length,
    truncate: (size) => held.set(url, held.get(url).subarray(0, size)),
    read: (to, { at }) => held.get(url).copy(to, 0, at),
    write(from, { at }) {
      if (used(held) + from.length > limit) throw full();
      held.set(url, Buffer.concat([held.get(url).subarray(0, at), from]));
      return from.length;
    },
    close() {},
  });
  const fileOf = (url, name) => ({
    name,
    getFile: async () => {
      const bytes = held.get(url);
      return {
        size: bytes.length,
        text: async () => bytes.toString(),
        arrayBuffer: async () => Uint8Array.from(bytes).buffer,
      };
    },
    async createSyncAccessHandle() {
      if (locked.has(url)) throw new DOMException('It is open elsewhere.', 'NoModificationAllowedError');
      return accessTo(url);
    },
  });
  const siteFolder = (data) => ({
    async *values() {
      for (const url of [...held.keys()]) {
        if (url.startsWith(data)) yield fileOf(url, encodeURIComponent(url.slice(data.length)));
      }
    },
    async getFileHandle(name, { create = false } = {}) {
      const url = data + decodeURIComponent(name);
      if (!held.has(url) && !create) throw new DOMException('No such file.', 'NotFoundError');
      if (!held.has(url)) held.set(url, Buffer.alloc(0));
      return fileOf(url, name);
    },
    async removeEntry(name) {
      if (!held.delete(data + decodeURIComponent(name))) throw new DOMException('', 'NotFoundError');
    },
  });
  const folder = { getDirectoryHandle: async (name) => siteFolder(decodeURIComponent(name)) };
  const root = {
    async getDirectoryHandle(name) {
      if (name !== STORE_NAME) throw new DOMException('No such folder.', 'NotFoundError');
      return folder;
    },
  };
  return {
    held,
    locked,
    install: () => define('navigator', { storage: { getDirectory: async () => root } }),
    remove: () => delete globalThis.navigator,
  };
}

const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
const used = (held) => [...held.values()].reduce((sum, bytes) => sum + bytes.length, 0);
const full = () => new DOMException('Quota exceeded.', 'QuotaExceededError');
