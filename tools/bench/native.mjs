// Papers a second: `refscout embed` against onnxruntime-node, on texts of the same lengths.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ratio, spread, summary } from './table.mjs';
import { corpusOf } from './texts.mjs';

const PAPERS = 500;
const THREADS = 2;
const peer = fileURLToPath(new URL('native_onnxruntime.mjs', import.meta.url));

export const title = `Embedding ${PAPERS} abstracts natively, ${THREADS} threads, papers a second`;

/** As abstracts are: by arXiv's q-bio.NC, their tokens have a mean of about 230 and a tenth of them each is
 * below 110 and above 360. The same lengths in every run.
 * @param {number} i */
function lengthOf(i) {
  const share = ((i * 0.6180339887) % 1) * 2 - 1; // evenly over -1 … 1
  return Math.round(230 + 110 * share + 90 * share ** 5);
}

/** @param {import('./run.mjs').Bench} bench */
export async function measure({ work, refscout, rounds, note }) {
  const corpus = path.join(work, 'papers.json');
  const texts = corpusOf(corpus, PAPERS, lengthOf);
  const ids = path.join(work, 'ids.json');
  writeFileSync(ids, JSON.stringify(texts.map((text) => text.ids)));

  const ours = [];
  const theirs = [];
  for (let round = 0; round < rounds; round++) {
    note(`round ${round + 1} of ${rounds}: refscout`);
    const index = path.join(work, `papers-${process.pid}-${round}.index`);
    ours.push(
      run(/([\d.]+) papers\/s/, refscout, [
        ...['embed', '--model', path.join(work, 'model.safetensors'), '--threads', String(THREADS)],
        ...[corpus, '-o', index],
      ]),
    );
    note(`round ${round + 1} of ${rounds}: onnxruntime-node`);
    const model = path.join(work, 'int8.onnx');
    theirs.push(run(/([\d.]+) papers\/s/, process.execPath, [peer, model, ids, String(THREADS)]));
  }
  const [rate, peer_rate, gain] = [summary(ours), summary(theirs), ratio(ours, theirs)];
  return {
    head: ['engine', 'papers/s: median (range)', '÷ onnxruntime-node'],
    rows: [
      ['refscout embed', spread(rate), spread(gain)],
      ['onnxruntime-node', spread(peer_rate), '1'],
    ],
    measured: [
      { engine: 'refscout', papers_per_s: rate, ratio: gain },
      { engine: 'onnxruntime-node', papers_per_s: peer_rate },
    ],
  };
}

/** The number that a program says.
 * @param {RegExp} pattern
 * @param {string} command
 * @param {string[]} args */
function run(pattern, command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const found = pattern.exec(`${stdout}\n${stderr}`);
  if (status !== 0 || !found) throw new Error(`${command} ${args.join(' ')} failed:\n${stderr}`);
  return Number(found[1]);
}
