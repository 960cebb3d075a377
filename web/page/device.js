/** Download consent, progress, stored data, and updates of the page. */

import { deleteStored, stored } from '../lib/refscout.js';
import { ASK_BYTES } from '../shared/config.js';
import { createPace } from './pace.js';
import { toFragment } from './settings.js';
import { strings } from './strings.js';
import { keepFields, takeFields, watchVersions } from './update.js';

/** @typedef {import('../lib/refscout.js').Need} Need */

/** The initial values of this file's part of the state. */
export const DEVICE = Object.freeze({
  need: null,
  seconds_left: null,
  kept: null,
  works_offline: false,
  refusal: null,
  online: true,
  update: false,
});

/** @param {import('./state.js').Store} store
 * @param {import('./update.js').Field[]} fields  whose content, like the settings, is kept over a reload
 * @param {(sentence: string) => void} say */
export function createDevice(store, fields, say) {
  /** Resolves the pending question.
   * @type {() => void} */
  let agree = () => {};
  /** Whether the reader has agreed: asked only once, also when the download fails or is stopped and started again. */
  let agreed = false;

  const versions = watchVersions({
    onOffline: () => store.set({ works_offline: true }),
    onUpdate: () => store.set({ update: true }),
    onRefused(refusal) {
      store.set({ refusal });
      console.warn(strings.warning(refusal));
    },
  });
  for (const type of ['online', 'offline']) {
    addEventListener(type, () => store.set({ online: navigator.onLine }));
  }
  takeFields(fields);
  refresh();

  /** Asks the reader whether to download, unless the download is small.
   * @param {Need} need
   * @returns {Promise<boolean>} */
  function confirm(need) {
    if (agreed || need.missing_bytes <= ASK_BYTES) return Promise.resolve(true);
    store.set({ engine: 'asking', need });
    return new Promise((resolve) => {
      agree = () => resolve(true);
    });
  }

  async function refresh() {
    const [kept, persisted] = await Promise.all([
      stored().catch(() => ({ bytes: 0 })),
      navigator.storage?.persisted?.().catch(() => false) ?? false,
    ]);
    store.set({ kept: { bytes: kept.bytes, persisted } });
  }

  /** Asks the browser not to delete this site's data when storage runs low; some grant it only after a click. */
  async function persist() {
    await navigator.storage?.persist?.().catch(() => false);
    await refresh();
  }

  return {
    refresh,

    /** Options to pass to load(). */
    loading() {
      const pace = createPace();
      store.set({ need: null, seconds_left: null });
      return {
        confirm,
        onProgress: (/** @type {import('../lib/refscout.js').Progress} */ progress) =>
          store.set({ progress, seconds_left: pace(progress, performance.now()) }),
      };
    },

    /** A search has to wait for the reader's answer. */
    askFirst() {
      say(strings.askFirst);
      document.getElementById('download')?.focus();
    },

    actions: {
      download() {
        agreed = true;
        store.set({ engine: 'loading', need: null });
        agree();
        persist();
      },
      persist,
      async deleteStored() {
        await deleteStored();
        await refresh();
        say(strings.storageDeleted);
      },
      reload() {
        keepFields(fields, toFragment(store.get().settings, null));
        versions.apply();
      },
      later: () => store.set({ update: false }),
    },
  };
}
