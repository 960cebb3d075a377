// The time to encode a query in Chromium: refscout's modules and onnxruntime-web, on the same weights and
// the same words, one after the other in every round.
import { ratio, spread, summary } from './table.mjs';
import { cosine, textOf } from './texts.mjs';

const LENGTHS = [32, 128, 256, 510];

export const title = 'Encoding a query in Chromium, BERT-base, dynamic int8, milliseconds';

/** @param {import('./run.mjs').Bench} bench */
export async function measure({ chromium, model_sha256, rounds, note }) {
  const rows = [];
  const measured = [];
  /** @type {Record<number, number[]>} refscout's fastest module at 256 tokens, by threads */
  const at_256 = {};
  for (const threads of [1, 2]) {
    const page = await chromium.page();
    const suffix = threads > 1 ? '-threads' : '';
    const ours = ['relaxed', 'simd'];
    for (const kind of ours) {
      const settings = { threads, model: 'model.safetensors', sha256: model_sha256 };
      await page.open(kind, 'refscout_worker.js', { ...settings, module: `refscout-${kind}${suffix}` });
    }
    await page.open('onnxruntime-web', 'onnxruntime_worker.js', { threads, model: 'int8.onnx' });
    for (const tokens of LENGTHS) {
      const engines = [...ours, 'onnxruntime-web'];
      /** @type {Record<string, number[]>} */
      const times = Object.fromEntries(engines.map((name) => [name, []]));
      /** @type {Record<string, number[]>} */
      const vectors = {};
      for (let round = -1; round < rounds; round++) {
        note(`${threads} thread(s), ${tokens} tokens, round ${Math.max(round, 0) + 1} of ${rounds}`);
        // Another text each round, since an engine may keep its last answers; the first is not counted.
        const text = textOf(tokens, round + 1);
        for (const name of engines) {
          const { ms, result } = await page.run(name, text);
          if (round >= 0) times[name].push(ms);
          vectors[name] = result;
        }
      }
      const theirs = times['onnxruntime-web'];
      for (const kind of ours) {
        const agreement = cosine(vectors[kind], vectors['onnxruntime-web']);
        const row = { engine: `refscout ${kind}`, threads, tokens, ms: summary(times[kind]) };
        measured.push({ ...row, ratio: ratio(times[kind], theirs), cosine: agreement });
        rows.push([
          ...[`refscout ${kind}`, String(threads), String(tokens), spread(row.ms)],
          ...[spread(ratio(times[kind], theirs)), agreement.toFixed(4)],
        ]);
      }
      measured.push({ engine: 'onnxruntime-web', threads, tokens, ms: summary(theirs) });
      rows.push(['onnxruntime-web', String(threads), String(tokens), spread(summary(theirs)), '1', '']);
      if (tokens === 256) at_256[threads] = times.relaxed;
    }
    await page.close();
  }
  const gain = ratio(at_256[2], at_256[1]);
  measured.push({ engine: 'refscout relaxed', tokens: 256, two_threads_to_one: gain });
  rows.push(['refscout relaxed, 2 threads ÷ 1', '', '256', '', spread(gain), '']);
  return {
    head: ['engine', 'threads', 'tokens', 'ms: median (range)', '÷ onnxruntime-web', 'cosine with it'],
    rows,
    measured,
  };
}
