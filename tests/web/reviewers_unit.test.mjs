// The pure parts of the reviewer search: names, sentences, settings, countries, export.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countriesOf, countryCode, countryOf } from '../../web/page/countries.js';
import { newestYear, toCsv, toJson, toText } from '../../web/page/export.js';
import { nameList, plainList } from '../../web/page/names.js';
import { createSearch } from '../../web/page/search.js';
import { bestMatches, sentencesOf } from '../../web/page/sentences.js';
import { DEFAULTS, filterPeople, fromFragment, sortPeople, toFragment } from '../../web/page/settings.js';
import { personKey } from '../../web/page/shortlist.js';

test('names, as people paste them', () => {
  assert.deepEqual(nameList('Ada Lovelace\n Charles Babbage ;Ada Lovelace;\n\n;'), [
    'Ada Lovelace',
    'Charles Babbage',
  ]);
  assert.deepEqual(nameList('Lovelace, Ada; van der Berg, J.'), ['Ada Lovelace', 'J. van der Berg']);
  assert.deepEqual(nameList('Ada Lovelace1,2, Jürgen Groß*, and Zoë O’Neill³ and Li Na†'), [
    'Ada Lovelace',
    'Jürgen Groß',
    'Zoë O’Neill',
    'Li Na',
  ]);
  assert.deepEqual(nameList('0000-0002-1825-0097; 张伟'), ['0000-0002-1825-0097', '张伟']);
  assert.deepEqual(nameList('https://orcid.org/0000-0002-1825-009X'), ['0000-0002-1825-009X']);
  assert.deepEqual(nameList(' *\n-; '), []);
});

test('institutions keep their commas', () => {
  assert.deepEqual(plainList('University of Lyon, France\nMIT; MIT'), ['University of Lyon, France', 'MIT']);
});

test('sentences: paragraphs broken to fit are joined, headings left out', () => {
  assert.deepEqual(
    sentencesOf(
      'A title without a full stop\n\nWe recorded cells\nin 3.5 rats. Dr. Who helped us a lot!\n\nMethods\n',
    ),
    ['A title without a full stop', 'We recorded cells in 3.5 rats.', 'Dr. Who helped us a lot!'],
  );
  const long = 'We measured the same thing again and again, '.repeat(5);
  assert.deepEqual(sentencesOf(`A title of five words\n${long}until it broke.`), [
    'A title of five words',
    `${long}until it broke.`,
  ]);
  assert.deepEqual(sentencesOf('Sleep\n'), ['Sleep'], 'better than nothing');
  assert.deepEqual(sentencesOf('  \n'), []);
});

test('each title has its nearest sentence, after the mean is gone', () => {
  const v = (...values) => Float32Array.from(values);
  // All share a large first component, which raw cosines would see before anything else.
  const sentences = [v(90, 1, 0), v(9, 0, 0.1)];
  const titles = [v(9, 0, 0.12), v(9, 0.11, 0)];
  const matches = bestMatches(sentences, titles, 3);
  assert.deepEqual(matches.map(({ title, sentence }) => [title, sentence]).sort(), [
    [0, 1],
    [1, 0],
  ]);
  assert.ok(matches[0].similarity >= matches[1].similarity);
  assert.equal(bestMatches(sentences, titles, 1).length, 1);
  assert.deepEqual(bestMatches([], titles, 3), []);
  assert.equal(bestMatches([v(1, 0)], [v(1, 0)], 3)[0].similarity, 0, 'nothing but the mean');
});

const people = [
  { person: 4, rank: 1, name: 'A', institutions: ['Université de Lyon, Lyon, France'], countries: [], papers_count: 3, papers: [{ year: 2001 }, { year: 2020 }] },
  { person: 7, rank: 2, name: 'B', institutions: ['MIT, Cambridge, U.S.A.'], countries: [], papers_count: 9, papers: [{ year: null }] },
  { person: 1, rank: 3, name: 'C', institutions: [], countries: ['Italy'], papers_count: 5, papers: [{ year: 2022 }] },
]; // biome-ignore format: a table

test('filters and order', () => {
  const names = (list) => list.map(({ name }) => name).join('');
  assert.equal(names(filterPeople(people, { ...DEFAULTS, institution: 'universite DE' })), 'A');
  assert.equal(names(filterPeople(people, { ...DEFAULTS, country: 'US' })), 'B');
  assert.equal(names(filterPeople(people, { ...DEFAULTS, country: 'IT' })), 'C');
  assert.equal(filterPeople(people, { ...DEFAULTS, country: 'US' })[0].rank, 1);
  assert.equal(names(filterPeople(people, { ...DEFAULTS, country: 'US', institution: 'lyon' })), '');
  assert.equal(names(sortPeople(people, 'score', 3)), 'ABC');
  assert.equal(names(sortPeople(people, 'recency', 3)), 'CAB');
  assert.equal(names(sortPeople(people, 'recency', 2)), 'AB', 'the nearest, in another order');
  assert.equal(names(sortPeople(people, 'papers', 3)), 'BCA');
  assert.equal(newestYear(people[0]), 2020);
  assert.equal(newestYear(people[1]), null);
});

test('countries at the ends of names', () => {
  const got = ['X, Zürich, Switzerland', 'Y, The Netherlands', 'Z, UK', 'W, Türkiye', 'V, P.R. China'];
  const of = (institutions, countries = []) => countriesOf({ institutions, countries });
  assert.deepEqual(of(got), ['CH', 'NL', 'GB', 'TR', 'CN']);
  assert.equal(countryOf('Massachusetts General Hospital, Boston, MA'), null, 'not Morocco');
  assert.deepEqual(of(got, ['France', 'fr']), ['FR'], 'what the index says comes first');
  assert.deepEqual(of(got.slice(0, 1), ['California', 'Europe']), ['CH'], 'where it says a country');
  for (const name of ['USA', 'U.S.A.', 'United States', 'united states of america', 'US', ' us ']) {
    assert.equal(countryCode(name), 'US', name);
  }
  assert.equal(countryCode('Scotland'), 'GB');
  assert.equal(countryCode("Côte d'Ivoire"), 'CI');
  assert.equal(countryCode('ZZ'), null);
  assert.equal(countryCode(''), null);
  assert.equal(countryOf('France'), null, 'an institution of that name');
  assert.equal(countryOf('Institute, European Union'), null);
  assert.equal(countryOf('Institute for Systems Memory, Northmere'), null);
});

test('a link holds the settings, and text only when told to', () => {
  assert.equal(toFragment(DEFAULTS, null), '');
  const settings = {
    aggregate: 'best',
    score: 'lexical',
    min_papers: 3,
    year_from: 2010,
    year_to: null,
    institution: 'Lyon & Paris #1',
    country: 'FR',
    sort: 'recency',
  };
  const link = toFragment(settings, null);
  assert.ok(!link.includes('text'));
  assert.deepEqual(fromFragment(link), { settings, text: null });
  assert.deepEqual(fromFragment(toFragment(DEFAULTS, 'Über\n<b>')), {
    settings: DEFAULTS,
    text: 'Über\n<b>',
  });
  const hostile =
    'aggregate=__proto__&score=constructor&min_papers=-4&year_from=1e3&country=<b>&sort=toString&x=y';
  assert.deepEqual(fromFragment(hostile).settings, DEFAULTS);
});

const kept = {
  key: 'k',
  name: '=HYPERLINK("http://x")',
  orcid: null,
  institutions: ['Lyon, France', '@home'],
  score: -0.5,
  papers_count: 2,
  papers: [{ title: 'On "quotes",\nand lines', doi: '10.1/x', url: null, year: 2020, score: 0.9 }],
  note: '+1',
};

test('CSV is what RFC 4180 says, and harmless in a spreadsheet', () => {
  const csv = toCsv([kept]);
  assert.equal(csv[0], '\ufeff');
  const lines = csv.slice(1).split('\r\n');
  assert.equal(lines.length, 3);
  assert.equal(lines[2], '');
  assert.equal(
    lines[1],
    `"'=HYPERLINK(""http://x"")",,"Lyon, France; @home",-0.5,2,2020,'+1,"On ""quotes"",\nand lines",2020,10.1/x,0.9,,,,,,,,`,
  );
  for (const start of ['=', '+', '-', '@', '\t', '\r']) {
    assert.ok(toCsv([{ ...kept, name: `${start}x` }]).includes(`'${start}x`), JSON.stringify(start));
  }
  assert.ok(toCsv([{ ...kept, name: 'Ana-Maria' }]).includes('Ana-Maria,'), 'a hyphen inside is one');
});

test('JSON and text', () => {
  const [person] = JSON.parse(toJson([kept])).people;
  assert.deepEqual({ key: 'k', ...person }, kept);
  const { note: _, ...without } = kept;
  assert.ok(!('note' in JSON.parse(toJson([without])).people[0]));
  assert.match(toText([kept]), /^1\. =HYPERLINK.*\(-0\.500\)\n.*Lyon, France; @home\n.*On "quotes"/s);
});

test('a person is an ORCID, or a name', () => {
  assert.equal(personKey({ orcid: '0000-0002-1825-0097', name: 'A' }), '0000-0002-1825-0097');
  assert.equal(personKey({ orcid: null, name: 'A' }), 'A');
});

// ---- Asking, over an engine of our own ----------------------------------------------------------

/** Answers when told to; people have so many papers as their number says.
 * @param {number[]} counts */
function fakeScout(counts) {
  const asked = [];
  const answer = (text, { min_papers, signal }) =>
    new Promise((resolve, reject) => {
      const people = counts
        .filter((count) => count >= min_papers)
        .map((count) => ({
          person: count,
          name: String(count),
          institutions: [],
          countries: [],
          papers: [],
        }));
      const go = () => resolve({ query: {}, papers: [], people, elapsed_ms: 1 });
      signal.addEventListener('abort', () => reject(signal.reason));
      asked.push({ text, go });
    });
  return {
    asked,
    search: (text, options) => answer(text, options),
    rank: (options) => answer(null, options),
  };
}

function fakeStore(settings = {}) {
  let state = { settings: { ...DEFAULTS, ...settings }, answer: null };
  return {
    get: () => state,
    set: (change) => {
      state = { ...state, ...change };
    },
  };
}

/** Lets promises that are settled be heard. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const nobodyOut = async () => [];
const many = Array.from({ length: 12 }, (_, i) => i + 2);

test('a newer question takes the place of the older one at once', async () => {
  const scout = fakeScout(many);
  const searches = createSearch(fakeStore(), nobodyOut);
  const first = searches.ask(scout, 'first');
  await settle();
  const second = searches.ask(scout, 'second');
  assert.equal(await first, null, 'without its answer');
  await settle();
  scout.asked.at(-1).go();
  assert.equal((await second).text, 'second');
  const third = searches.ask(scout, 'third');
  await settle();
  searches.cancel();
  assert.equal(await third, null);
});

test('other settings ask again: the text that is being read, or only for a ranking', async () => {
  const scout = fakeScout(many);
  const store = fakeStore();
  const searches = createSearch(store, nobodyOut);
  searches.ask(scout, 'a text');
  await settle();
  const again = searches.again(scout);
  await settle();
  assert.equal(scout.asked.at(-1).text, 'a text', 'it was not read to the end');
  scout.asked.at(-1).go();
  store.set({ answer: await again });
  searches.again(scout);
  await settle();
  assert.equal(scout.asked.at(-1).text, null, 'a ranking');
  const other = fakeScout(many);
  searches.again(other);
  await settle();
  assert.equal(other.asked.at(-1).text, 'a text', 'another engine has not read it');
});

test('few people: how many more there would be; nobody: those with fewer papers', async () => {
  for (const [min_papers, want] of [
    [3, { people: 1, min_papers: 3, more: 2 }],
    [9, { people: 3, min_papers: 1, more: 0 }],
    [1, { people: 3, min_papers: 1, more: 0 }],
  ]) {
    const scout = fakeScout([1, 2, 3]);
    const asking = createSearch(fakeStore({ min_papers }), nobodyOut).ask(scout, 'a text');
    for (let i = 0; i < 2; i++) {
      await settle();
      scout.asked.at(-1).go();
    }
    const { people, min_papers: used, more } = await asking;
    assert.deepEqual({ people: people.length, min_papers: used, more }, want);
  }
});

test('an error is the newest question’s, never an overtaken one’s', async () => {
  const scout = fakeScout(many);
  const failing = { ...scout, search: async () => Promise.reject(new Error('stopped')) };
  const searches = createSearch(fakeStore(), nobodyOut);
  const first = searches.ask(failing, 'first');
  const second = searches.ask(failing, 'second');
  assert.equal(await first, null);
  await assert.rejects(second, /stopped/);
});
