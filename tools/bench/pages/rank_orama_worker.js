// Orama, a search engine for browsers: its vector search is exact, over every vector. Hits below `similarity`
// are left out before it sorts; 0.2 keeps little more than the query's cluster, which is to its advantage.
import { create, insertMultiple, search } from './orama/index.js';
import { readVectors, unitQuery } from './rank_peers.js';
import { serve } from './worker.js';

const AT_ONCE = 5000;

serve(async ({ index, top }) => {
  const { rows, mean, count, size } = await readVectors(index);
  const db = create({ schema: { embedding: `vector[${size}]` } });
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => ({
      id: String(from + i),
      embedding: Array.from(rows.subarray((from + i) * size, (from + i + 1) * size)),
    }));
    await insertMultiple(db, some, AT_ONCE);
  }
  const similarity = count > 10_000 ? 0.2 : 0; // a small index has fewer above it than are wanted
  return async ({ embedding }) => {
    const value = Array.from(unitQuery(embedding, mean));
    const start = performance.now();
    const { hits } = await search(db, {
      mode: 'vector',
      vector: { value, property: 'embedding' },
      similarity,
      limit: top,
    });
    return { ms: performance.now() - start, best: hits.map((hit) => Number(hit.id)) };
  };
});
