/** The options of a ranking, from src/search/options.c: written by tests/test_options.c, not by hand. */

/**
 * @typedef {object} RankOptions
 * @property {number} [top]  how many of each list; default: 10
 * @property {'cosine' | 'centred' | 'lexical' | 'hybrid'} [score]  what papers are ranked by: the cosine of the embeddings; the same less the corpus's mean; BM25 of the tokens; or the last two together; default: as the index says
 * @property {number} [weight]  of the embeddings in the hybrid; default: as the index says
 * @property {'mean3' | 'best' | 'weighted'} [aggregate]  a person's score: the mean of the three best papers, the best one, or the best + 1/2 the second + 1/3 the third; default: mean3
 * @property {number} [min_papers]  only people with that many papers in the index; default: 1
 * @property {number} [year_from]  only papers of that year or later; those of unknown year are left out; default: any year
 * @property {number} [year_to]  only papers of that year or earlier; default: any year
 * @property {number[]} [left_out]  people not to be listed; default: nobody
 */

export const SCORES = /** @type {const} */ (['cosine', 'centred', 'lexical', 'hybrid']);
export const AGGREGATES = /** @type {const} */ (['mean3', 'best', 'weighted']);

export const DEFAULT_TOP = 10;

/** @type {Record<string, {words: readonly string[]} | {least: number, most: number} | 'share' | 'people'>} */
export const OPTIONS = {
  top: { least: 1, most: 1000000 },
  score: { words: ['cosine', 'centred', 'lexical', 'hybrid'] },
  weight: 'share',
  aggregate: { words: ['mean3', 'best', 'weighted'] },
  min_papers: { least: 0, most: 1000000 },
  year_from: { least: 0, most: 9999 },
  year_to: { least: 0, most: 9999 },
  left_out: 'people',
};
