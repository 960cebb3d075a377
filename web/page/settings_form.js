/** The fields for ranking, filters and order. */

import { SCORES } from '../shared/options.js';
import { countriesOf, countryName } from './countries.js';
import { byId, el } from './dom.js';
import { DEFAULTS, SORTS, whole } from './settings.js';
import { strings } from './strings.js';

/** @typedef {import('./settings.js').Settings} Settings */

/** @param {(settings: Settings) => void} changed */
export function createSettingsForm(changed) {
  const form = byId('settings', HTMLFormElement);
  const fields = {
    score: byId('score-kind', HTMLSelectElement),
    min_papers: byId('min-papers', HTMLInputElement),
    year_from: byId('year-from', HTMLInputElement),
    year_to: byId('year-to', HTMLInputElement),
    institution: byId('institution', HTMLInputElement),
    country: byId('country', HTMLSelectElement),
    sort: byId('sort', HTMLSelectElement),
  };
  const any_country = fields.country.options[0];

  /** @returns {Settings} */
  function read() {
    const aggregate = /** @type {Settings['aggregate']} */ (new FormData(form).get('aggregate'));
    return {
      aggregate,
      score: SCORES.find((name) => name === fields.score.value) ?? '',
      // Incomplete years and numbers are ignored while they are typed.
      min_papers: whole(fields.min_papers.value, 1, 99) ?? DEFAULTS.min_papers,
      year_from: whole(fields.year_from.value, 1000, 9999),
      year_to: whole(fields.year_to.value, 1000, 9999),
      institution: fields.institution.value.trim(),
      country: fields.country.value,
      sort: SORTS.find((name) => name === fields.sort.value) ?? 'score',
    };
  }

  /** @param {Settings} settings */
  function write(settings) {
    for (const radio of form.querySelectorAll('input[name="aggregate"]')) {
      if (radio instanceof HTMLInputElement) radio.checked = radio.value === settings.aggregate;
    }
    addCountries([settings.country]);
    for (const [name, field] of Object.entries(fields)) {
      field.value = String(settings[/** @type {keyof typeof fields} */ (name)] ?? '');
    }
  }

  /** @param {string[]} codes */
  function addCountries(codes) {
    const options = [...fields.country.options].slice(1);
    const known = new Set([...options.map((option) => option.value), '']);
    const added = [...new Set(codes)].filter((code) => !known.has(code));
    if (added.length === 0) return;
    options.push(...added.map((code) => el('option', { value: code }, countryName(code))));
    options.sort((a, b) => a.text.localeCompare(b.text));
    const chosen = fields.country.value;
    fields.country.replaceChildren(any_country, ...options);
    fields.country.value = chosen;
    byId('country-field', HTMLElement).hidden = false;
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => changed(read()));

  /** @param {Settings} settings */
  function change(settings) {
    write(settings);
    changed(read());
  }

  return {
    write,
    change,
    reset: () => {
      const { sort, aggregate, score } = read();
      change({ ...DEFAULTS, sort, aggregate, score });
    },
    /** Offers only the scores that the index has.
     * @param {import('../lib/refscout.js').Info['index']} index */
    offerScores(index) {
      for (const option of fields.score.options) {
        option.hidden = option.disabled = !index.lexical && ['hybrid', 'lexical'].includes(option.value);
      }
      fields.score.options[0].text = strings.defaultScore(strings.scoreNames[index.score]);
      if (fields.score.selectedOptions[0]?.disabled) change({ ...read(), score: '' });
    },
    /** Offers the countries of all people found so far.
     * @param {import('../lib/refscout.js').Person[]} people */
    offerCountries: (people) => addCountries(people.flatMap(countriesOf)),
  };
}
