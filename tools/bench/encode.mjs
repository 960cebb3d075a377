// The time to encode a query in Chromium: refscout's modules, onnxruntime-web and wllama, on the same weights
// and the same words, one after the other in every round.
import { setTimeout as sleep } from 'node:timers/promises';
import { ratio, spread, summary } from './table.mjs';
import { cosine, textOf } from './texts.mjs';

const LENGTHS = [32, 128, 256, 510];
const SETTLE_MS = 100; // the peers' threads look out for more work some 20 ms longer
const OURS = ['relaxed', 'simd'];
const PEERS = ['onnxruntime-web', 'wllama'];
const ENGINES = [...OURS, ...PEERS];

export const title = 'Encoding a query in Chromium, BERT-base, int8 products, milliseconds';

/** @param {import('./run.mjs').Bench} bench */
export async function measure({ chromium, model_sha256, rounds, note }) {
  const rows = [];
  const measured = [];
  /** @type {Record<number, number[]>} refscout's fastest module at 256 tokens, by threads */
  const at_256 = {};
  for (const threads of [1, 2]) {
    const page = await chromium.page();
    const suffix = threads > 1 ? '-threads' : '';
    for (const kind of OURS) {
      const settings = { threads, model: 'model.safetensors', sha256: model_sha256 };
      await page.open(kind, 'refscout_worker.js', { ...settings, module: `refscout-${kind}${suffix}` });
    }
    await page.open('onnxruntime-web', 'onnxruntime_worker.js', { threads, model: 'int8.onnx' });
    await page.open('wllama', 'wllama_worker.js', { threads, model: 'q8_0.gguf' });
    for (const tokens of LENGTHS) {
      /** @type {Record<string, number[]>} */
      const times = Object.fromEntries(ENGINES.map((name) => [name, []]));
      /** @type {Record<string, number[]>} */
      const vectors = {};
      for (let round = -1; round < rounds; round++) {
        note(`${threads} thread(s), ${tokens} tokens, round ${Math.max(round, 0) + 1} of ${rounds}`);
        // Another text each round, since an engine may keep its last answers; the first is not counted.
        const text = textOf(tokens, round + 1);
        for (const name of ENGINES) {
          await sleep(SETTLE_MS);
          const { ms, result } = await page.run(name, text);
          if (round >= 0) times[name].push(ms);
          vectors[name] = result;
        }
      }
      for (const name of ENGINES) {
        const engine = OURS.includes(name) ? `refscout ${name}` : name;
        const others = PEERS.filter((peer) => peer !== name);
        const ratios = Object.fromEntries(others.map((peer) => [peer, ratio(times[name], times[peer])]));
        const cosines = Object.fromEntries(
          others.map((peer) => [peer, cosine(vectors[name], vectors[peer])]),
        );
        const ms = summary(times[name]);
        measured.push({ engine, threads, tokens, ms, ratios, cosines });
        rows.push([
          ...[engine, String(threads), String(tokens), spread(ms)],
          ...PEERS.map((peer) => (peer === name ? '1' : spread(ratios[peer]))),
          ...PEERS.map((peer) => cosines[peer]?.toFixed(4) ?? ''),
        ]);
      }
      if (tokens === 256) at_256[threads] = times.relaxed;
    }
    await page.close();
  }
  const gain = ratio(at_256[2], at_256[1]);
  measured.push({ engine: 'refscout relaxed', tokens: 256, two_threads_to_one: gain });
  rows.push(['refscout relaxed, 2 threads ÷ 1', '', '256', '', spread(gain), '', '', '']);
  return {
    head: [
      ...['engine', 'threads', 'tokens', 'ms: median (range)'],
      ...PEERS.map((peer) => `÷ ${peer}`),
      ...PEERS.map((peer) => `cosine, ${peer}`),
    ],
    rows,
    measured,
  };
}
