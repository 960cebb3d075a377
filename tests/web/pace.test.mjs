// How long a download still takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from '../../web/page/pace.js';

const total_bytes = 1000;
/** What is said at each [milliseconds, bytes]. */
const told = (...steps) => {
  const pace = createPace();
  return steps.map(([at, done_bytes]) => pace({ done_bytes, total_bytes }, at));
};

test('nothing is said too early, or while nothing comes', () => {
  assert.deepEqual(told([0, 0], [500, 100], [1000, 200]), [null, null, null]);
  assert.deepEqual(told([0, 100], [5000, 100]), [null, null]);
});

test('a steady download', () => {
  assert.equal(told([0, 0], [2000, 200]).at(-1), 8);
  assert.equal(told([0, 0], [2000, 200], [10_000, 1000]).at(-1), 0);
});

test('the last seconds count, not what came from the store at first', () => {
  const steps = [[0, 500]];
  for (let at = 1000; at <= 20_000; at += 1000) steps.push([at, 500 + at / 100]);
  steps[0][1] = 0;
  assert.equal(told(...steps).at(-1), 30);
});

test('a piece fetched once more begins the count anew', () => {
  assert.deepEqual(told([0, 0], [2000, 400], [2100, 100]).at(-1), null);
});
