/** Which sentences of the query stand behind which papers of a person, worked out when asked for. */

import { bestMatches, sentencesOf } from './sentences.js';
import { cutPosition } from './views/query.js';

/**
 * @typedef {import('../lib/refscout.js').Refscout} Refscout
 * @typedef {import('../lib/refscout.js').Person} Person
 * @typedef {import('./state.js').Answer} Answer
 *
 * @typedef {Map<number, string>} Because  sentence for a paper's place in the person's list
 * @typedef {'working' | Because} Evidence
 */

/** More would not be read. */
const MOST = 3;

/** Other filters may show other papers of the same person.
 * @param {Person} person */
export const evidenceKey = ({ person, papers }) => JSON.stringify([person, papers.map(({ title }) => title)]);

/** @param {import('./state.js').Store} store */
export function createEvidence(store) {
  let running = new AbortController();
  /** Of this query, by text.
   * @type {Map<string, Float32Array>} */
  const vectors = new Map();

  /** @param {string} key
   * @param {Evidence | null} evidence */
  function put(key, evidence) {
    const all = new Map(store.get().evidence);
    if (evidence === null) all.delete(key);
    else all.set(key, evidence);
    store.set({ evidence: all });
  }

  /** Sentence by sentence, so that a newer query need not wait for all of them.
   * @param {Refscout} scout
   * @param {string[]} texts
   * @param {AbortSignal} signal */
  async function embedAll(scout, texts, signal) {
    const found = [];
    for (const text of texts) {
      const vector = vectors.get(text) ?? (await scout.embed(text, signal)).embedding;
      signal.throwIfAborted();
      vectors.set(text, vector);
      found.push(vector);
    }
    return found;
  }

  return {
    /** For another query. */
    reset() {
      running.abort();
      running = new AbortController();
      vectors.clear();
      if (store.get().evidence.size > 0) store.set({ evidence: new Map() });
    },

    /** Shows or hides; rejects when the engine fails.
     * @param {Refscout} scout
     * @param {Answer} answer
     * @param {Person} person
     * @returns {Promise<Because | null>} null when hidden or overtaken */
    async toggle(scout, answer, person) {
      const key = evidenceKey(person);
      if (store.get().evidence.has(key)) {
        put(key, null);
        return null;
      }
      const { signal } = running;
      put(key, 'working');
      try {
        const sentences = sentencesOf(readPart(answer));
        const titles = person.papers.map(({ title }) => title);
        const of_sentences = await embedAll(scout, sentences, signal);
        const of_titles = await embedAll(scout, titles, signal);
        const matches = bestMatches(of_sentences, of_titles, MOST);
        const because = new Map(matches.map((match) => [match.title, sentences[match.sentence]]));
        if (store.get().evidence.has(key)) put(key, because);
        return because;
      } catch (thrown) {
        if (signal.aborted) return null;
        put(key, null);
        throw thrown;
      }
    },
  };
}

/** What the model has read of the text.
 * @param {Answer} answer */
function readPart({ text, result: { query } }) {
  return query.cut > 0 ? text.slice(0, cutPosition(text, query.cut_byte)) : text;
}
