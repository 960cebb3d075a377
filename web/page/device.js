/** What the page does with this device: asks before a big download, shows how long it takes, keeps and
 * deletes what is stored, and offers a new version of itself. */

import { deleteStored, stored } from '../lib/refscout.js';
import { ASK_BYTES } from '../shared/config.js';
import { createPace } from './pace.js';
import { toFragment } from './settings.js';
import { strings } from './strings.js';
import { keepFields, takeFields, watchVersions } from './update.js';

/** @typedef {import('../lib/refscout.js').Need} Need */

/** Its part of the state, at first. */
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
 * @param {import('./update.js').Field[]} fields  kept when the page is loaded anew, as the settings are
 * @param {(sentence: string) => void} say */
export function createDevice(store, fields, say) {
  /** Ends the asking.
   * @type {() => void} */
  let agree = () => {};
  /** Once is enough, also when the download fails or is stopped and begun again. */
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

  /** Small downloads and what is stored already need no question.
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

  /** Asks the browser not to clear this site when it needs room; some grant it only after a click. */
  async function persist() {
    await navigator.storage?.persist?.().catch(() => false);
    await refresh();
  }

  return {
    refresh,

    /** Options for load(). */
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
