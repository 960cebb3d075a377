/** Parts of index.html that views fill; each is rendered again only when its part of the state has changed. */

import { byId, fill } from './dom.js';
import { conflictsSummary, conflictsView } from './views/conflicts.js';
import { papersView } from './views/papers.js';
import { explainView, peopleView } from './views/people.js';
import { noticesView } from './views/query.js';
import { settingsSummary } from './views/settings.js';
import { givePeopleView, shortlistSummary, shortlistView } from './views/shortlist.js';
import { loadingView, problemView, statusView } from './views/status.js';
import { appView, askView, storageNotice, storageSummary, storedView } from './views/storage.js';

/** @typedef {import('./state.js').State} State */

/** The short-list without its notes: notes are typed into the list itself, which must not be rendered meanwhile.
 * @param {State} state */
const keptKeys = ({ shortlist }) => JSON.stringify(shortlist.map(({ key }) => key));

/** Region, view, and the part of the state that it shows.
 * @type {[string, (state: State) => import('./dom.js').Child[], (state: State) => unknown[]][]} */
const REGIONS = [
  ['app', appView, (s) => [s.info, s.online, s.update]],
  ['ask', askView, (s) => [s.need, s.query]],
  ['loading', loadingView, (s) => [s.engine, s.progress, s.seconds_left, s.query]],
  ['problem', problemView, (s) => [s.problem]],
  ['notices', noticesView, (s) => [s.info, s.answer]],
  ['people-explain', explainView, (s) => [s.settings, s.answer]],
  ['people', peopleView, (s) => [s.answer, s.settings, s.shown, s.evidence, keptKeys(s)]],
  ['people-give', givePeopleView, (s) => [(s.answer?.people.length ?? 0) > 0]],
  ['papers', papersView, (s) => [s.answer, s.shown]],
  ['settings-summary', settingsSummary, (s) => [s.settings]],
  ['conflicts-summary', conflictsSummary, (s) => [s.conflicts, s.undone]],
  ['exclusions', conflictsView, (s) => [s.info, s.conflicts, s.undone]],
  ['shortlist-summary', shortlistSummary, (s) => [s.shortlist.length]],
  ['shortlist', shortlistView, (s) => [keptKeys(s)]],
  ['storage-notice', storageNotice, (s) => [s.info]],
  ['storage-summary', storageSummary, (s) => [s.kept]],
  ['stored', storedView, (s) => [s.info, s.kept, s.works_offline, s.refusal]],
  ['status', statusView, (s) => [s.info, s.answer]],
];

/** @returns {(state: State) => void} renders the regions whose part of the state has changed */
export function createRegions() {
  const regions = REGIONS.map(([id, view, shown]) => {
    const element = byId(id, HTMLElement);
    /** @type {unknown[]} */
    let before = [{}];
    return (/** @type {State} */ state) => {
      const now = shown(state);
      if (now.every((value, i) => value === before[i])) return;
      before = now;
      fill(element, view(state));
      element.hidden = element.childNodes.length === 0;
    };
  });
  return (state) => {
    for (const draw of regions) draw(state);
  };
}
