/** Progress of loading, errors, and the status line. */

import { el } from '../dom.js';
import { count, duration, plural, size, strings } from '../strings.js';

/** @typedef {import('../state.js').State} State */

/** @param {State} state */
export function loadingView({ engine, progress, seconds_left, query }) {
  if (engine === 'stopped') {
    return [
      el('p', {}, strings.stopped),
      el('button', { type: 'button', 'data-action': 'load' }, strings.load),
    ];
  }
  if (engine !== 'loading') return [];
  const known = progress !== null && progress.total_bytes > 0;
  return [
    el('p', { id: 'loading-text' }, loadingText(progress, seconds_left)),
    el('progress', {
      'aria-labelledby': 'loading-text',
      max: 1,
      value: known ? progress.done_bytes / progress.total_bytes : null,
    }),
    query === 'waiting' && el('p', { class: 'detail' }, strings.waiting),
    el('button', { type: 'button', 'data-action': 'stop' }, strings.stop),
  ];
}

/** @param {State['progress']} progress
 * @param {number | null} seconds_left */
function loadingText(progress, seconds_left) {
  if (progress === null || progress.phase === 'start') return strings.starting;
  if (progress.phase === 'open') return strings.opening;
  const done = strings.fetching(size(progress.done_bytes), size(progress.total_bytes));
  return done + (seconds_left === null ? '' : strings.timeLeft(seconds_left));
}

/** @param {State} state */
export function problemView({ problem }) {
  if (!problem) return [];
  const { title, message, retry } = problem;
  return [
    el('strong', {}, title),
    el('p', {}, message),
    retry && el('button', { type: 'button', 'data-action': retry }, strings.retry),
  ];
}

/** @param {State} state */
export function statusView({ info, answer }) {
  if (!info) return [];
  const facts = [
    `${strings.model} ${info.model.name}`,
    plural(info.index.papers, 'paper', 'papers'),
    plural(info.index.people, 'person', 'people'),
    info.kernel,
    info.module.relaxed ? strings.relaxed : strings.simd,
    (info.module.refused || info.model.refused_kernel !== '') && strings.wrongNumbers,
    plural(info.threads, 'thread', 'threads'),
    answer && strings.answered(count(answer.result.query.tokens), duration(answer.result.elapsed_ms)),
  ];
  return [
    el(
      'ul',
      {},
      facts.map((fact) => fact && el('li', {}, fact)),
    ),
  ];
}
