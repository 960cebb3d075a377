// How much memory the page takes at most while it loads a model and searches: what the process of the page
// has above an empty page, and above the same page with a model of a few kilobytes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSite, refscout } from '../../tests/web/site_fixture.mjs';
import { serve } from '../serve.mjs';
import { openBare } from './bare.mjs';
import { corpusOf, textOf } from './texts.mjs';

const SAMPLE_MS = 25;
const SETTLE_MS = 4000;
const PATIENCE_MS = 120_000;
const MIB = 2 ** 20;

export const title = 'Memory of the page’s process in Chromium, BERT-base, MiB (proportional set size)';

/** @param {import('./run.mjs').Bench} bench */
export async function measure({ work, rounds, note }) {
  const model = path.join(work, 'model.safetensors');
  const weights = statSync(model).size / MIB;
  const tiny = buildSite();
  const rows = [];
  const measured = [];
  try {
    const large = bigSite(work, model);
    for (const visit of ['first visit', 'second visit']) {
      const figures = [];
      for (let round = 0; round < rounds; round++) {
        note(`${visit}, round ${round + 1} of ${rounds}`);
        const without = await peakOf(tiny.dir, visit);
        const withModel = await peakOf(large, visit);
        figures.push({ empty: without.empty, page: without.peak, peak: withModel.peak });
      }
      const middle = (/** @type {'empty' | 'page' | 'peak'} */ name) =>
        figures.map((figure) => figure[name]).sort((a, b) => a - b)[figures.length >> 1];
      const [empty, page, peak] = [middle('empty'), middle('page'), middle('peak')];
      const ratio = (peak - page) / weights;
      measured.push({ visit, empty, page, peak, weights, ratio });
      rows.push([visit, ...[empty, page, peak, weights].map((mib) => mib.toFixed(0)), ratio.toFixed(2)]);
    }
  } finally {
    tiny.remove();
  }
  const head = [
    'visit',
    'empty page',
    'tiny model, peak',
    'BERT-base, peak',
    'weights',
    '(peak - tiny) ÷ weights',
  ];
  return { head, rows, measured };
}

/** A site with few papers, so that what is measured is the model.
 * @param {string} work
 * @param {string} model */
export function bigSite(work, model) {
  const [corpus, index, site] = ['few.json', 'few.index', 'site'].map((name) => path.join(work, name));
  corpusOf(corpus, 60, () => 60);
  refscout(['embed', '--model', model, corpus, '-o', index]);
  refscout(['site', '--model', model, '--index', index, '-o', site]);
  return site;
}

/** In a browser of its own.
 * @param {string} site
 * @param {string} visit */
async function peakOf(site, visit) {
  const server = await serve(site, 0);
  const profile = mkdtempSync(path.join(tmpdir(), 'refscout-bench-')); // also tells its processes apart
  const browser = await openBare(profile);
  try {
    const blank = new URL('logo/refscout.svg', server.url).href;
    await browser.go(blank);
    await sleep(SETTLE_MS);
    const empty = pageMemory(profile);
    if (visit === 'second visit') {
      await searchOn(browser, server.url);
      await browser.go(blank);
      await sleep(SETTLE_MS);
    }
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, pageMemory(profile));
    }, SAMPLE_MS);
    await searchOn(browser, server.url);
    await sleep(SETTLE_MS); // until the service worker has its files: with a tiny model that is after the ranking
    clearInterval(timer);
    return { empty, peak };
  } finally {
    await browser.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Opens the page by a link that has a text of so many tokens in its fragment, and allows the download when
 * asked.
 * @param {Awaited<ReturnType<typeof openBare>>} browser
 * @param {string} url
 * @param {number} [tokens]
 * @returns {Promise<number>} milliseconds from navigation to the first ranking, by the page's own clock */
export async function searchOn(browser, url, tokens = 300) {
  await browser.go(`${url}#${new URLSearchParams({ text: textOf(tokens).text })}`);
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    await sleep(SAMPLE_MS);
    const ms = await browser.evaluate(`document.querySelector('#ask button')?.click();
      performance.getEntriesByName('refscout-ranked')[0]?.startTime`);
    if (ms) return ms;
  }
  throw new Error(`the page has ranked nothing within ${PATIENCE_MS / 1000} s`);
}

/** MiB that the page's renderer has, shared pages by their share. It is the largest of the browser's: others are
 * those of its own surface, and a spare one.
 * @param {string} mark  in the browser's command line */
function pageMemory(mark) {
  /** @type {Map<number, {parent: number, command: string}>} */
  const processes = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
      processes.set(Number(name), { parent, command });
    } catch {
      // it has ended
    }
  }
  const isOurs = (/** @type {number} */ pid) => {
    for (let at = processes.get(pid); at; at = processes.get(at.parent)) {
      if (at.command.includes(mark)) return true;
    }
    return false;
  };
  let largest = 0;
  for (const [pid, { command }] of processes) {
    if (!command.includes('--type=renderer') || !isOurs(pid)) continue;
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      largest = Math.max(largest, Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024);
    } catch {
      // it has ended
    }
  }
  return largest;
}
