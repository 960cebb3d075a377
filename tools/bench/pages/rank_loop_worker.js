// A plain loop over f32 vectors, as one writes it.
import { readVectors, unitQuery } from './rank_peers.js';
import { serve } from './worker.js';

serve(async ({ index, top }) => {
  const { rows, mean, count, size } = await readVectors(index);
  return ({ embedding }) => {
    const query = unitQuery(embedding, mean);
    const start = performance.now();
    const best = [];
    for (let i = 0; i < count; i++) {
      let score = 0;
      for (let h = 0, at = i * size; h < size; h++, at++) score += rows[at] * query[h];
      if (best.length === top && score <= best[top - 1].score) continue;
      let at = best.length;
      while (at > 0 && best[at - 1].score < score) at--;
      best.splice(at, 0, { number: i, score });
      if (best.length > top) best.pop();
    }
    return { ms: performance.now() - start, best: best.map((hit) => hit.number) };
  };
});
