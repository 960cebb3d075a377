// A whole site from a tiny checkpoint and an invented corpus, made by the command itself,
// and what else the web tests share.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeTinyCheckpoint } from './tiny_checkpoint.mjs';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const command = process.env.REFSCOUT_BIN ?? path.join(root, 'build/dist/bin/refscout');

export const QUERY = `Theta rhythm and the timing of replay in the hippocampus

We recorded place cells while rats slept, and asked when the replay of a route begins. Sharp-wave
ripples came at the end of slow oscillations of the cortex; sounds that delayed those delayed both.`;

/** @param {string[]} args
 * @param {string} [input] */
export function runCommand(args, input) {
  assert.ok(existsSync(command), `${command} is not there: build it with tools/build.sh`);
  return spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/** Runs the command; fails the test when it fails.
 * @param {string[]} args
 * @param {string} [input] */
export function refscout(args, input) {
  const run = runCommand(args, input);
  assert.equal(run.status, 0, `refscout ${args.join(' ')}\n${run.stderr}`);
  return run.stdout;
}

/** @param {'int8' | 'f32'} weights
 * @param {number} extra_words  192 bytes each with f32
 * @returns {{folder: string, dir: string, model: string, index: string, remove: () => void}} */
export function buildSite(weights = 'int8', extra_words = 0) {
  const folder = mkdtempSync(path.join(tmpdir(), 'refscout-web-'));
  const at = (/** @type {string} */ name) => path.join(folder, name);
  const [model, index, corpus, dir] = [at('tiny.model'), at('tiny.index'), at('corpus.json'), at('site')];
  const checkpoint = at('tiny');
  const papers = inventedCorpus();
  writeTinyCheckpoint(checkpoint, [QUERY, ...papers.map((paper) => paper.abstract)], extra_words);
  writeFileSync(corpus, JSON.stringify(papers));
  writeFileSync(at('package.json'), '{"type": "module"}'); // for Node, when it imports from the site
  refscout(['convert', checkpoint, '-o', model, '--weights', weights]);
  refscout(['embed', '--model', model, corpus, '-o', index]);
  refscout(['site', '--model', model, '--index', index, '-o', dir]);
  return { folder, dir, model, index, remove: () => rmSync(folder, { recursive: true }) };
}

/** What the command answers to a text. */
export function searchByCommand({ model, index }, text, top = 10, more = []) {
  const options = ['--model', model, '--index', index, '--top', String(top), '--json', ...more];
  return JSON.parse(refscout(['search', ...options], text));
}

/** Papers that nobody wrote, with all that makes a record awkward. */
function inventedCorpus() {
  const topics = [
    'place cells',
    'grid cells',
    'sleep spindles',
    'dopamine',
    'visual crowding',
    'motor noise',
  ];
  const methods = ['a spiking network model', 'two-photon imaging', 'Bayesian inference', 'optogenetics'];
  const people = [
    'Ana Carvalho',
    'Jürgen Groß',
    'Wei Zhang',
    'Zoë O’Neill',
    'Tomáš Dvořák',
    'Li Na',
    'Ida Ek',
  ];
  return Array.from({ length: 48 }, (_, i) => {
    const [topic, method] = [topics[i % 6], methods[(i >> 2) % 4]];
    return {
      title: `On ${topic}, seen through ${method} (${i})`,
      abstract: `We study ${topic} with ${method} in ${i + 3} animals. <b>Effects</b> were ${i % 3 ? 'large' : 'small'}, and ${topics[(i * 5 + 1) % 6]} changed with them by ${(i * 37) % 101} percent.`,
      doi: i % 4 ? `10.1234/invented.${i}` : undefined,
      year: i % 5 ? 1995 + (i % 28) : undefined,
      authors: [0, 1, 2].slice(0, 1 + (i % 3)).map((k) => ({
        name: people[(i * 3 + k * 2) % 7],
        institution: (i + k) % 2 ? 'Université de Montréal, Canada' : undefined,
      })),
    };
  });
}

/** Asserts that two answers name the same papers and people in the same order, with scores that
 * differ by at most `tolerance`; neighbours nearer than that may change places.
 * @param {any} got
 * @param {any} want
 * @param {number} tolerance */
export function assertSameAnswer(got, want, tolerance) {
  assert.deepEqual(got.query, want.query);
  let largest = 0;
  for (const [list, name] of [
    ['papers', 'title'],
    ['people', 'name'],
  ]) {
    assert.equal(got[list].length, want[list].length);
    got[list].forEach((item, i) => {
      const other = want[list].find((candidate) => candidate[name] === item[name]);
      assert.ok(other, `${item[name]} is not among the ${list} wanted`);
      largest = Math.max(
        largest,
        Math.abs(item.score - other.score),
        Math.abs(item.score - want[list][i].score),
      );
      const { rank: _r, score: _s, papers: _p, closer_than, ...rest } = item;
      const { rank: _q, score: _t, papers: _o, closer_than: other_share, ...otherRest } = other;
      assert.deepEqual(rest, otherRest);
      assert.ok(Math.abs(closer_than - other_share) < 0.1, 'a few places of 48');
    });
  }
  assert.ok(largest <= tolerance, `scores differ by ${largest}`);
  return largest;
}

/** Reads a manifest as a browser would.
 * @param {string} dir  a site */
export function manifestOf(dir) {
  return JSON.parse(readFileSync(path.join(dir, 'data/manifest.json'), 'utf8'));
}
