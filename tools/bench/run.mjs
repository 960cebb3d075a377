// Runs the parts of the benchmark that are asked for, prints a table for each and writes all figures as JSON.
// Called by tools/bench.sh, which makes what is needed.
//
//   node tools/bench/run.mjs WORK DIST ROUNDS PART...
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openBrowser } from './browser.mjs';
import { markdown } from './table.mjs';

/**
 * @typedef {object} Bench  what every part is given
 * @property {string} work  a folder with model.safetensors, int8.onnx and q8_0.gguf, for whatever else a part makes
 * @property {string} build  where CMake builds
 * @property {string} refscout  the command
 * @property {string} model_sha256
 * @property {number} rounds
 * @property {Awaited<ReturnType<typeof openBrowser>>} chromium
 * @property {(what: string) => void} note  tells what is being done
 */

const [work, dist, rounds, ...parts] = process.argv.slice(2);
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const chromium = await openBrowser(work, dist);
const bench = {
  work,
  build: path.dirname(dist),
  refscout: path.join(dist, 'bin/refscout'),
  model_sha256: sha256(path.join(work, 'model.safetensors')),
  rounds: Number(rounds),
  chromium,
};
const machine = {
  processor: os.cpus()[0].model,
  cores: os.cpus().length,
  memory_gib: Math.round(os.totalmem() / 2 ** 30),
  system: `${os.type()} ${os.release()}`,
  browser: chromium.version,
  node: process.version,
  commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
};
const results = { date: new Date().toISOString().slice(0, 10), machine, rounds: bench.rounds, parts: {} };

try {
  console.log(Object.values(machine).join(', '));
  for (const part of parts) {
    const { title, measure } = await import(`./${part}.mjs`);
    const note = (/** @type {string} */ what) => console.error(`bench: ${part}: ${what}`);
    const { head, rows, measured } = await measure({ ...bench, note });
    results.parts[part] = measured;
    console.log(`\n${title}\n\n${markdown(head, rows)}`);
    // After every part, so that a run that is stopped has something to show.
    writeFileSync(path.join(work, 'results.json'), JSON.stringify(results, null, 2));
  }
} finally {
  await chromium.close();
}
