// Multiply-adds of the int8 products, natively and in both modules under Node: kernels.c, which takes all in turn.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const ROWS = 256;
const LINE = /^ *(\d+) x +(\d+) -> +(\d+) +(.*?) +([\d.]+) +best +([\d.]+)$/;
const LIMIT = 'limit of 128 bits';

export const title = `Int8 products of ${ROWS} rows, 10^9 multiply-adds a second, one thread`;

/** @param {import('./run.mjs').Bench} bench */
export async function measure({ build, rounds, note }) {
  const rows = [];
  const measured = [];
  for (const [platform, command] of platforms(build)) {
    note(platform);
    const [program, ...args] = [...command, String(ROWS), String(Math.max(rounds, 9))];
    const found = execFileSync(program, args, { encoding: 'utf8' })
      .split('\n')
      .map((line) => LINE.exec(line))
      .filter((match) => match !== null)
      .map(([, , depth, width, kernel, median, best]) => {
        return { shape: `${depth} -> ${width}`, kernel, median: Number(median), best: Number(best) };
      });
    for (const { shape, kernel, median, best } of found) {
      // The processor's speed changes with what others do, so what it can do at most is measured each time too.
      const limit = found.find((other) => other.shape === shape && other.kernel === LIMIT);
      const share = kernel === LIMIT || !limit?.best ? null : best / limit.best;
      measured.push({ platform, shape, kernel, median, best, share_of_limit: share });
      rows.push([platform, shape, kernel, String(median), String(best), share ? share.toFixed(2) : '']);
    }
  }
  return {
    head: ['where', 'product', 'kernel', 'median', 'best', 'best ÷ limit of 128 bits'],
    rows,
    measured,
  };
}

/** @param {string} build
 * @returns {[string, string[]][]} */
function platforms(build) {
  const at = (/** @type {string} */ name) => path.join(build, name);
  return [
    ['native', [at('native/tests/bench_kernels')]],
    [
      'relaxed, Node',
      [process.execPath, '--experimental-wasm-relaxed-simd', at('wasm/tests/bench_kernels-relaxed.js')],
    ],
    ['simd, Node', [process.execPath, at('wasm/tests/bench_kernels-simd.js')]],
  ];
}
