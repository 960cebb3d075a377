// Invented indexes of any size, written as docs/formats.md says: ranking takes as long as on papers that exist.
import { closeSync, openSync, writeSync } from 'node:fs';

const HIDDEN = 768;
const CLUSTERS = 256;
const WORDS = 31085;
const FIRST_ID = 5; // of word0
const AT_ONCE = 4096; // papers written together
const BYTES = { I64: 8, F32: 4, I32: 4, I8: 1, U8: 1 };

/** Whole numbers from 0 to 2^32 - 1, the same in every run. */
function generator(seed = 1) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Of every paper's words: the first few stand in half of all papers, the others by Zipf's law.
 * @param {number} word */
const shareOf = (word) => Math.min(0.5, 9 / (word + 1));

/** About a hundred different words, each as likely as it is in a paper.
 * @param {number} seed */
export function queryText(seed) {
  const next = generator(seed + 77);
  const words = [];
  for (let word = 0; word < WORDS; word++) if (next() / 2 ** 32 < shareOf(word)) words.push(`word${word}`);
  return words.join(' ');
}

/** Writes an index of clustered vectors, some of the clusters around the queries' own.
 * @param {string} file
 * @param {{papers: number, lexical: boolean, model_sha256: string, queries: number[][]}} options  queries: their
 *     vectors */
export function writeIndex(file, { papers: N, lexical, model_sha256, queries }) {
  const people = Math.round(N * 1.5);
  const next = generator();
  const mean = Float32Array.from({ length: HIDDEN }, (_, h) => {
    return queries.reduce((sum, query) => sum + query[h], 0) / queries.length;
  });
  const records = {
    papers: (i) => ({
      title: `Paper ${i}`,
      doi: `10.5555/${i}`,
      url: `https://example.org/${i}`,
      year: 2000 + (i % 25),
    }),
    people: (i) => ({ name: `Author ${i}`, institutions: [`University ${i % 999}`], countries: ['Austria'] }),
  };
  const sizes = { papers: recordSizes(N, records.papers), people: recordSizes(people, records.people) };
  const authors = authorship(N, people, next);
  const scale = new Float32Array(N);
  const postings = lexical ? makePostings(N, next) : null;
  const years = Int32Array.from({ length: N }, (_, i) => 2000 + (i % 25));
  // By falling element size; the scales are known when the vectors are written, so they are written twice.
  const tensors = [
    ['papers.offsets', 'I64', [N + 1], () => [sizes.papers]],
    ['people.offsets', 'I64', [people + 1], () => [sizes.people]],
    ['authorship.offsets', 'I64', [N + 1], () => [authors.offsets]],
    ['vectors_scale', 'F32', [N], () => [scale]],
    ['vectors_mean', 'F32', [HIDDEN], () => [mean]],
    ['papers.year', 'I32', [N], () => [years]],
    ['authorship', 'I32', [authors.list.length], () => [authors.list]],
    ['vectors', 'I8', [N, HIDDEN], () => vectors(N, queries, mean, scale, next)],
    ['papers.text_id', 'U8', [N, 8], () => [new Uint8Array(8 * N)]],
    ['papers', 'U8', [Number(sizes.papers[N])], () => texts(N, records.papers)],
    ['people', 'U8', [Number(sizes.people[people])], () => texts(people, records.people)],
  ];
  if (postings) tensors.push(['lexical', 'U8', [postings.length], () => [postings]]);

  const ranking = lexical
    ? { score: 'hybrid', weight: 0.6, k1: 1.2, b: 0.75 }
    : { score: 'centred', weight: 0.6 };
  const header = {
    __metadata__: {
      ...{ refscout: 'index', format_version: '1', created_by: 'tools/bench', text: 'abstract' },
      ...{ model_sha256, model_name: 'bench', ranking: JSON.stringify(ranking) },
    },
  };
  let at = 0;
  const places = {};
  for (const [name, dtype, shape] of tensors) {
    const bytes = shape.reduce((product, count) => product * count, BYTES[dtype]);
    header[name] = { dtype, shape, data_offsets: [at, at + bytes] };
    places[name] = at;
    at += bytes;
  }
  let text = JSON.stringify(header);
  text = text.padEnd(Math.ceil((text.length + 8) / 64) * 64 - 8);
  const out = openSync(file, 'w');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeSync(out, length);
  writeSync(out, text);
  for (const [, , , parts] of tensors) for (const part of parts()) writeAll(out, part);
  writeAll(out, scale, 8 + text.length + places.vectors_scale);
  closeSync(out);
}

/** @param {number} out
 * @param {ArrayBufferView} part
 * @param {number} [position] */
function writeAll(out, part, position) {
  const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  const most = 2 ** 30; // a single write takes no more than 2 GiB
  for (let at = 0; at < bytes.length; at += most) {
    const size = Math.min(most, bytes.length - at);
    writeSync(out, bytes, at, size, position === undefined ? null : position + at);
  }
}

/** Where each of the records begins. Written as ASCII, so letters are bytes. */
function recordSizes(count, record) {
  const offsets = new BigInt64Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    at += JSON.stringify(record(i)).length;
    offsets[i + 1] = BigInt(at);
  }
  return offsets;
}

function* texts(count, record) {
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) =>
      JSON.stringify(record(from + i)),
    );
    yield Buffer.from(some.join(''), 'latin1');
  }
}

/** One to five people a paper. */
function authorship(N, people, next) {
  const offsets = new BigInt64Array(N + 1);
  const list = new Int32Array(5 * N);
  let at = 0;
  for (let i = 0; i < N; i++) {
    const first = next() % people;
    const count = 1 + (next() % 5);
    for (let j = 0; j < count; j++) list[at++] = (first + j * 7919) % people;
    offsets[i + 1] = BigInt(at);
  }
  return { offsets, list: list.subarray(0, at) };
}

/** A row is its cluster's centre and as much noise of its own. */
function* vectors(N, queries, mean, scale, next) {
  const normal = Float32Array.from({ length: 65536 }, () => {
    return Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32)) * Math.cos((2 * Math.PI * next()) / 2 ** 32);
  });
  const around = queries.map((query) => Float32Array.from(query, (value, h) => value - mean[h]));
  const square = around.flatMap((v) => Array.from(v)).reduce((sum, value) => sum + value * value, 0);
  const size = Math.sqrt(square / (HIDDEN * queries.length));
  const centres = Array.from({ length: CLUSTERS }, (_, c) => {
    return around[c] ?? Float32Array.from({ length: HIDDEN }, () => size * normal[next() & 65535]);
  });
  const row = new Float32Array(HIDDEN);
  for (let from = 0; from < N; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, N - from);
    const rows = new Int8Array(count * HIDDEN);
    for (let i = 0; i < count; i++) {
      const centre = centres[next() % CLUSTERS];
      let most = 0;
      for (let h = 0; h < HIDDEN; h++) {
        row[h] = centre[h] + size * normal[next() & 65535];
        most = Math.max(most, Math.abs(row[h]));
      }
      scale[from + i] = most / 127;
      for (let h = 0; h < HIDDEN; h++) rows[i * HIDDEN + h] = Math.round((row[h] * 127) / most);
    }
    yield rows;
  }
}

/** The tensor `lexical`. */
function makePostings(N, next) {
  let room = 16;
  for (let word = 0; word < WORDS; word++) room += 16 + Math.ceil(N * shareOf(word) * 1.1 + 8) * 4;
  const bytes = new Uint8Array(room);
  let at = 0;
  const put = (/** @type {number} */ value) => {
    for (; value > 127; value = Math.floor(value / 128)) bytes[at++] = (value & 127) | 128;
    bytes[at++] = value;
  };
  put(WORDS);
  const gaps = new Uint32Array(Math.ceil(N * 0.55) + 16);
  for (let word = 0; word < WORDS; word++) {
    const most = Math.max(1, 2 / shareOf(word) - 1); // gaps are even from 1 to this
    let count = 0;
    let paper = -1;
    for (;;) {
      const gap = 1 + Math.floor((next() / 2 ** 32) * most);
      paper += gap;
      if (count > 0 && (paper >= N || count === gaps.length)) break;
      gaps[count++] = paper < N ? gap : 1;
      if (paper >= N) break;
    }
    put(word === 0 ? FIRST_ID : 0);
    put(count);
    for (let i = 0; i < count; i++) {
      const twice = next() % 4 === 0;
      put(2 * (gaps[i] - 1) + (twice ? 1 : 0));
      if (twice) put(0);
    }
  }
  return bytes.subarray(0, at);
}
