/** Summary of the settings in one line, for the closed panel. */

import { countryName } from '../countries.js';
import { strings } from '../strings.js';

/** @param {import('../state.js').State} state */
export function settingsSummary({ settings }) {
  const { aggregate, min_papers, year_from, year_to, institution, country } = settings;
  const facts = [
    strings.aggregateNames[aggregate],
    strings.atLeast(min_papers),
    strings.years(year_from, year_to),
    institution && strings.quoted(institution),
    country && countryName(country),
  ];
  return [facts.filter(Boolean).join(' · ')];
}
