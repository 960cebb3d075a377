/** For each supporting paper of a person, the most similar sentence of the query; computed on demand. */

import { bestMatches, sentencesOf } from './sentences.js';
import { cutPosition } from './views/query.js';

/**
 * @typedef {import('../lib/refscout.js').Refscout} Refscout
 * @typedef {import('../lib/refscout.js').Person} Person
 * @typedef {import('./state.js').Answer} Answer
 *
 * @typedef {Map<number, string>} Because  sentence of the query by index of the paper in the person's list
 * @typedef {'working' | Because} Evidence
 */

/** Maximum number of sentences; nobody would read more. */
const MOST = 3;

/** Key of a person with these papers, since with other filters the same person has other papers.
 * @param {Person} person */
export const evidenceKey = ({ person, papers }) => JSON.stringify([person, papers.map(({ title }) => title)]);

/** @param {import('./state.js').Store} store */
export function createEvidence(store) {
  let running = new AbortController();
  /** Embeddings of the current query's sentences and of titles, by text.
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

  /** Embeds one text after the other, so that a newer query need not wait for all of them.
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
    /** Forgets everything; called for a new query. */
    reset() {
      running.abort();
      running = new AbortController();
      vectors.clear();
      if (store.get().evidence.size > 0) store.set({ evidence: new Map() });
    },

    /** Shows or hides the sentences; rejects when the engine fails.
     * @param {Refscout} scout
     * @param {Answer} answer
     * @param {Person} person
     * @returns {Promise<Because | null>} null when hidden, or when a newer query has replaced this one */
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

/** The part of the text that the model has read.
 * @param {Answer} answer */
function readPart({ text, result: { query } }) {
  return query.cut > 0 ? text.slice(0, cutPosition(text, query.cut_byte)) : text;
}
