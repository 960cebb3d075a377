/** The short-list: people kept for later, with notes, in this browser only. */

import { onChange, recall, remember } from './local.js';

/**
 * @typedef {import('../lib/refscout.js').Person} Person
 * @typedef {import('./state.js').Kept} Kept
 */

const NAME = 'shortlist';

/** Key of a person that is valid for other indexes too: the ORCID, or else the name, since an index has at most one
 * person without ORCID of that name.
 * @param {{orcid: string | null, name: string}} person */
export const personKey = ({ orcid, name }) => orcid ?? name;

/** @param {import('./state.js').Store} store
 * @param {() => void} refused  called when the browser stores nothing */
export function createShortlist(store, refused) {
  /** @param {Kept[]} shortlist */
  function keep(shortlist) {
    store.set({ shortlist });
    if (!remember(NAME, shortlist.length > 0 ? shortlist : null)) refused();
  }

  const load = () => store.set({ shortlist: stored(recall(NAME)) });
  onChange(NAME, load);
  load();

  return {
    /** @param {Person} person */
    toggle({ name, orcid, institutions, score, papers_count, papers }) {
      const key = personKey({ orcid, name });
      const { shortlist } = store.get();
      const without = shortlist.filter((kept) => kept.key !== key);
      if (without.length < shortlist.length) return keep(without);
      keep([...shortlist, { key, name, orcid, institutions, score, papers_count, papers, note: '' }]);
    },

    /** @param {string} key */
    remove(key) {
      keep(store.get().shortlist.filter((kept) => kept.key !== key));
    },

    /** @param {string} key
     * @param {string} note */
    note(key, note) {
      keep(store.get().shortlist.map((kept) => (kept.key === key ? { ...kept, note } : kept)));
    },

    clear: () => keep([]),
  };
}

/** Keeps only valid entries: localStorage may contain data of other versions or scripts.
 * @param {unknown} value
 * @returns {Kept[]} */
function stored(value) {
  return Array.isArray(value) ? value.filter(isKept) : [];
}

/** @param {any} kept
 * @returns {kept is Kept} */
function isKept(kept) {
  const strings = [kept?.key, kept?.name, kept?.note];
  return (
    strings.every((value) => typeof value === 'string') &&
    (kept.orcid === null || typeof kept.orcid === 'string') &&
    Number.isFinite(kept.score) &&
    Number.isFinite(kept.papers_count) &&
    Array.isArray(kept.institutions) &&
    Array.isArray(kept.papers) &&
    kept.papers.every((/** @type {any} */ paper) => typeof paper?.title === 'string')
  );
}
