/** Entries of a store as files of the origin's private file system (OPFS). A worker reads them straight
 * into the module's memory and writes them straight out of it, without a second copy of a piece.
 *
 * A file that was not written completely has the wrong size and is ignored. */

import { STORE_NAME } from './config.js';

/**
 * @typedef {object} Access  the members of FileSystemSyncAccessHandle used here; only workers can open one
 * @property {() => number} getSize
 * @property {(size: number) => void} truncate
 * @property {(to: Uint8Array, options: {at: number}) => number} read
 * @property {(from: Uint8Array, options: {at: number}) => number} write
 * @property {() => void} close
 *
 * @typedef {FileSystemFileHandle & {createSyncAccessHandle: (options?: {mode: string}) => Promise<Access>}} FileHandle
 * @typedef {Omit<FileSystemDirectoryHandle, 'values'> & {values: () => AsyncIterable<FileHandle>}} Folder
 */

/** @param {string} data  what the addresses of all entries begin with
 * @returns {Promise<import('./store.js').Entries | null>} null if there is no private file system */
export async function openFiles(data) {
  /** @type {Folder} */
  let folder;
  try {
    const root = await navigator.storage.getDirectory();
    const all = await root.getDirectoryHandle(STORE_NAME, { create: true });
    folder = /** @type {any} */ (await all.getDirectoryHandle(encodeURIComponent(data), { create: true }));
  } catch {
    return null; // not available to insecure pages, and perhaps not in private windows
  }
  /** Handles of the files found by the last listing: opening a handle again takes half as long as reading the file.
   * @type {Map<string, FileHandle>} */
  const handles = new Map();
  async function meetAll() {
    handles.clear();
    try {
      for await (const file of folder.values()) handles.set(data + decodeURIComponent(file.name), file);
    } catch {
      // another page has just removed the folder
    }
  }
  /** @param {string} url */
  const nameOf = (url) => encodeURIComponent(url.slice(data.length));
  /** @param {string} url
   * @param {FileSystemGetFileOptions} [options] */
  const fileOf = async (url, options) =>
    /** @type {FileHandle} */ (await folder.getFileHandle(nameOf(url), options));
  /** @param {string} url */
  const remove = (url) => {
    handles.delete(url);
    return folder.removeEntry(nameOf(url)).catch(() => {});
  };

  return {
    remove,

    async urls() {
      await meetAll();
      return [...handles.keys()];
    },

    async list() {
      await meetAll();
      /** @type {Promise<import('./store.js').Kept | null>[]} */
      const found = Array.from(handles, ([url, file]) =>
        file.getFile().then(
          ({ size }) => ({ url, bytes: size }),
          () => null, // another page has just removed it
        ),
      );
      return (await Promise.all(found)).filter((kept) => kept !== null);
    },

    text: (url) =>
      fileOf(url)
        .then(async (file) => (await file.getFile()).text())
        .catch(() => null),

    async read(url, view, received, placed) {
      let whole = false;
      try {
        const file = handles.get(url) ?? (await fileOf(url));
        whole = await readThrough(file, view, placed).catch(() => readCopy(file, view, placed));
      } catch {
        return false;
      }
      if (whole) received(view().length);
      return whole;
    },

    async keep(url, view) {
      let access;
      try {
        access = await (await fileOf(url, { create: true })).createSyncAccessHandle();
      } catch (thrown) {
        // Another page has this file open: it writes the same bytes, or reads them.
        return /** @type {Error} */ (thrown).name === 'NoModificationAllowedError';
      }
      let whole = false;
      try {
        access.truncate(0);
        whole = access.write(view(), { at: 0 }) === view().length;
      } catch {
        // no room
      } finally {
        access.close();
      }
      if (!whole) await remove(url);
      return whole;
    },
  };
}

/** @param {FileHandle} file
 * @param {() => Uint8Array} view
 * @param {Promise<unknown>} [placed]
 * @returns {Promise<boolean>} */
async function readThrough(file, view, placed) {
  // Browsers without the option `mode` lock the file for one page at a time.
  const access = await file.createSyncAccessHandle({ mode: 'read-only' });
  try {
    await placed;
    const to = view();
    return access.getSize() === to.length && access.read(to, { at: 0 }) === to.length;
  } finally {
    access.close();
  }
}

/** Reads through a copy, which is possible while another page has locked the file.
 * @param {FileHandle} file
 * @param {() => Uint8Array} view
 * @param {Promise<unknown>} [placed]
 * @returns {Promise<boolean>} */
async function readCopy(file, view, placed) {
  const content = await file.getFile();
  await placed;
  if (content.size !== view().length) return false;
  const bytes = new Uint8Array(await content.arrayBuffer());
  view().set(bytes);
  return true;
}
