// The time to rank all papers for one query, 768 dimensions, the 100 best: refscout's modules in Chromium and
// its library natively, beside a plain loop over f32 and Orama's vector search.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { queryText, writeIndex } from './index_file.mjs';
import { ratio, spread, summary } from './table.mjs';

const SIZES = [5_000, 100_000, 1_000_000];
const TOP = 100;
/** Orama keeps every vector as an array of doubles beside its own f32: above this they do not fit. */
const MOST_FOR_ORAMA = 100_000;

export const title = `Ranking by one query, 768 dimensions, the ${TOP} best, milliseconds`;

/** @param {import('./run.mjs').Bench} bench */
export async function measure({ work, build, refscout, chromium, model_sha256, rounds, note }) {
  const texts = Array.from({ length: rounds + 1 }, (_, i) => queryText(i));
  const model = path.join(work, 'model.safetensors');
  const encoded = execFileSync(refscout, ['encode', '--model', model], {
    input: `${texts.join('\n')}\n`,
    maxBuffer: 2 ** 28,
  });
  const queries = encoded
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).embedding);
  const rows = [];
  const measured = [];
  for (const papers of SIZES) {
    for (const lexical of [false, true]) {
      const what = `${papers} papers${lexical ? ' with lexical part' : ''}`;
      note(`${what}: making them`);
      const file = path.join(chromium.folder, 'rank.index');
      writeIndex(file, { papers, lexical, model_sha256, queries });
      try {
        const native = nativeTimes(path.join(build, 'native/tests/bench_rank'), model, file, texts);
        const times = {
          ...(await browserTimes({ chromium, papers, lexical, model_sha256, texts, note, what })),
          ...native,
        };
        const loop = times['JavaScript, f32 loop']?.ms;
        for (const [engine, { ms, same, why }] of Object.entries(times)) {
          const against = engine.includes('native') ? times['C, f32 loop, native']?.ms : loop;
          const gain = ms && against && ratio(ms, against);
          const row = { engine, papers, lexical, ms: ms ? summary(ms) : null, ratio: gain ?? null, same };
          measured.push(row);
          rows.push([
            engine,
            String(papers),
            lexical ? 'yes' : 'no',
            ms ? spread(row.ms) : why,
            gain ? spread(gain) : '',
            same ?? '',
          ]);
        }
      } finally {
        rmSync(file);
      }
    }
  }
  const head = ['engine', 'papers', 'lexical', 'ms: median (range)', '÷ f32 loop', `of the ${TOP} best`];
  return { head, rows, measured };
}

/** Turn and turn about; the first round is not counted.
 * @returns {Promise<Record<string, {ms?: number[], same?: string, why?: string}>>} */
async function browserTimes({ chromium, papers, lexical, model_sha256, texts, note, what }) {
  const engines = {
    'refscout relaxed': ['rank_worker.js', { module: 'refscout-relaxed' }],
    'refscout simd': ['rank_worker.js', { module: 'refscout-simd' }],
  };
  // The others have no lexical part, and are measured once.
  if (!lexical) {
    engines['JavaScript, f32 loop'] = ['rank_loop_worker.js', {}];
    if (papers <= MOST_FOR_ORAMA) engines['Orama, exact'] = ['rank_orama_worker.js', {}];
  }
  const page = await chromium.page();
  const settings = {
    threads: 1,
    model: 'model.safetensors',
    sha256: model_sha256,
    index: 'rank.index',
    top: TOP,
  };
  /** @type {Record<string, {ms?: number[], same?: string, why?: string}>} */
  const times = {};
  const same = {};
  for (const [name, [script, more]] of Object.entries(engines)) {
    note(`${what}: opening ${name}`);
    try {
      await page.open(name, script, { ...settings, ...more });
      times[name] = { ms: [] };
      same[name] = [];
    } catch (thrown) {
      times[name] = { why: `does not fit: ${String(thrown).match(/RangeError[^\n]*/)?.[0] ?? 'failed'}` };
    }
  }
  if (!lexical && papers > MOST_FOR_ORAMA) times['Orama, exact'] = { why: 'does not fit' };
  for (const [round, text] of texts.entries()) {
    let embedding = null;
    let exact = null; // what the loop finds, or else the first engine
    const found = {};
    note(`${what}: round ${round} of ${texts.length - 1}`);
    for (const [name, { ms }] of Object.entries(times)) {
      if (!ms) continue;
      const { result } = await page.run(name, { text, embedding });
      embedding ??= Array.from(result.embedding);
      if (round > 0) ms.push(result.ms);
      found[name] = result.best;
      if (name.includes('loop')) exact = result.best;
    }
    exact ??= lexical ? null : Object.values(found)[0];
    for (const [name, best] of Object.entries(found)) {
      if (exact) same[name].push(best.filter((number) => exact.includes(number)).length);
    }
  }
  for (const [name, all] of Object.entries(same))
    if (all.length) times[name].same = `${Math.min(...all)} or more`;
  await page.close();
  return times;
}

/** Processor time of the library, one thread, and of the loop in C. */
function nativeTimes(program, model, index, texts) {
  const out = execFileSync(program, [model, index], { input: `${texts.join('\n')}\n` });
  const all = out
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .slice(1);
  return {
    'refscout, native': { ms: all.map((t) => t.scores + t.report) },
    'of this: the products with all vectors': { ms: all.map((t) => t.vectors) },
    'C, f32 loop, native': { ms: all.map((t) => t.loop) },
  };
}
