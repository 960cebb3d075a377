/** The form for conflicts of interest, the engine's result, and the exclusions that the reader has undone. */

import { byId } from './dom.js';
import { recall, remember } from './local.js';
import { nameList, plainList } from './names.js';

/**
 * @typedef {import('../lib/refscout.js').ConflictRequest} ConflictRequest
 * @typedef {import('../lib/refscout.js').Refscout} Refscout
 */

const NAME = 'conflicts';
const TEXTS = ['authors', 'institutions', 'blocked'];
const SWITCHES = ['coauthors', 'author-institutions'];

/** @param {import('./state.js').Store} store
 * @param {() => void} changed  called when people must be ranked again
 * @param {() => void} refused  called when the browser stores nothing */
export function createConflicts(store, changed, refused) {
  const texts = TEXTS.map((id) => byId(id, HTMLTextAreaElement));
  const switches = SWITCHES.map((id) => byId(id, HTMLInputElement));
  const years = byId('coauthor-years', HTMLInputElement);
  const keep = byId('remember', HTMLInputElement);
  let checked = '{}'; // the request that the state's result answers
  /** Undone exclusions: names by number, since in another index a number may be another person's.
   * @type {Map<number, string>} */
  const undone = new Map();

  /** The request made of the form; empty if nobody is named in it.
   * @returns {ConflictRequest} */
  function request() {
    const [authors, institutions, blocked] = texts.map((area) => area.value);
    const named = {
      authors: nameList(authors),
      institutions: plainList(institutions),
      blocked: nameList(blocked),
    };
    if (Object.values(named).every((list) => list.length === 0)) return {};
    const [coauthors, author_institutions] = switches.map((box) => box.checked);
    return {
      ...named,
      author_institutions,
      ...(coauthors ? { coauthors_since: firstYear(Number(years.value)) } : {}),
    };
  }

  /** @param {Refscout} scout
   * @param {AbortSignal} signal
   * @returns {Promise<number[]>} people to leave out */
  async function leftOut(scout, signal) {
    const wanted = request();
    const key = JSON.stringify(wanted);
    if (key !== checked) {
      const result = key === '{}' ? null : await scout.conflicts(wanted, signal);
      signal.throwIfAborted();
      checked = key;
      store.set({ conflicts: result });
      publishUndone(); // stored undone exclusions can be matched only now
    }
    const excluded = store.get().conflicts?.excluded ?? [];
    const { undone: readmitted } = store.get();
    return excluded.map(({ person }) => person).filter((person) => !readmitted.has(person));
  }

  function publishUndone() {
    const excluded = store.get().conflicts?.excluded ?? [];
    const same = excluded.filter(({ person, name }) => undone.get(person) === name);
    store.set({ undone: new Set(same.map(({ person }) => person)) });
  }

  function save() {
    if (!keep.checked) return;
    const kept = {
      texts: texts.map((area) => area.value),
      switches: switches.map((box) => box.checked),
      years: years.value,
      undone: [...undone],
    };
    if (!remember(NAME, kept)) refused();
  }

  function restore() {
    const kept = /** @type {any} */ (recall(NAME));
    if (!Array.isArray(kept?.texts)) return;
    keep.checked = true;
    texts.forEach((area, i) => {
      area.value = String(kept.texts[i] ?? '');
    });
    switches.forEach((box, i) => {
      box.checked = Boolean(kept.switches?.[i]);
    });
    years.value = String(kept.years ?? years.value);
    for (const pair of Array.isArray(kept.undone) ? kept.undone : []) {
      if (Array.isArray(pair)) undone.set(Number(pair[0]), String(pair[1]));
    }
  }

  for (const input of [...texts, ...switches, years]) {
    input.addEventListener('input', () => {
      save();
      changed();
    });
  }
  keep.addEventListener('change', () => {
    if (keep.checked) save();
    else remember(NAME, null);
  });
  restore();

  return {
    leftOut,
    fields: [...texts, ...switches, years, keep],

    /** Undoes an exclusion, or restores it.
     * @param {number} person */
    toggle(person) {
      const name = store.get().conflicts?.excluded.find((excluded) => excluded.person === person)?.name;
      if (name === undefined) return;
      if (!undone.delete(person)) undone.set(person, name);
      publishUndone();
      save();
      changed();
    },

    /** Empties the form and deletes its stored content. */
    forget() {
      for (const area of texts) area.value = '';
      undone.clear();
      keep.checked = false;
      remember(NAME, null);
      changed();
    },
  };
}

/** @param {number} years  to look back; 0: any time */
function firstYear(years) {
  return years > 0 ? new Date().getFullYear() - Math.floor(years) + 1 : 0;
}
