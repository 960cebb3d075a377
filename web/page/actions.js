/** The actions of buttons, by the name in their data-action. */

import { EXAMPLES } from './examples.js';
import { toCsv, toJson, toText } from './export.js';
import { copy, download } from './give.js';
import { sortPeople, toFragment } from './settings.js';
import { strings } from './strings.js';
import { cutPosition } from './views/query.js';

/** @typedef {import('./state.js').State} State */

const STEP = 10;

/**
 * @param {object} parts
 * @param {import('./state.js').Store} parts.store
 * @param {ReturnType<typeof import('./evidence.js').createEvidence>} parts.evidence
 * @param {ReturnType<typeof import('./shortlist.js').createShortlist>} parts.shortlist
 * @param {ReturnType<typeof import('./conflicts.js').createConflicts>} parts.conflicts
 * @param {ReturnType<typeof import('./settings_form.js').createSettingsForm>} parts.settings_form
 * @param {ReturnType<typeof import('./input.js').createInput>} parts.input
 * @param {() => import('../lib/refscout.js').Refscout | null} parts.scout
 * @param {HTMLTextAreaElement} parts.text
 * @param {(sentence: string) => void} parts.say
 * @param {(title: string, thrown: unknown) => void} parts.failed
 * @param {Record<string, () => void>} parts.commands */
export function createActions(parts) {
  const { store, evidence, shortlist, conflicts, settings_form, input, text, say } = parts;

  /** @param {HTMLElement} button */
  const personOf = ({ dataset }) =>
    store.get().answer?.people.find(({ person }) => person === Number(dataset.person));

  /** @param {HTMLElement} button */
  function listOf({ dataset }) {
    const { answer, settings, shown, shortlist: kept } = store.get();
    if (dataset.list === 'shortlist') return { name: strings.shortlistFile, people: kept };
    return {
      name: strings.peopleFile,
      people: sortPeople(answer?.people ?? [], settings.sort, shown.people),
    };
  }

  /** @param {keyof State['shown']} list */
  function showMore(list) {
    const { shown } = store.get();
    store.set({ shown: { ...shown, [list]: shown[list] + STEP } });
  }

  /** @param {HTMLElement} button */
  async function why(button) {
    const [scout, person, { answer }] = [parts.scout(), personOf(button), store.get()];
    if (!scout || !person || !answer) return;
    try {
      const because = await evidence.toggle(scout, answer, person);
      if (because) say(strings.becauseFound(person.name, because.size));
    } catch (thrown) {
      parts.failed(strings.whyFailed, thrown);
    }
  }

  /** @param {string} value
   * @param {string} done */
  async function give(value, done) {
    say((await copy(value)) ? done : strings.copyFailed);
  }

  /** @type {Record<string, (button: HTMLElement) => void>} */
  const actions = {
    ...parts.commands,
    example({ dataset }) {
      input.show(EXAMPLES[dataset.example ?? '']);
      parts.commands.search();
    },
    open: () => document.getElementById('file')?.click(),
    showCut() {
      const { answer } = store.get();
      if (!answer || text.value !== answer.text) return;
      const from = cutPosition(answer.text, answer.result.query.cut_byte);
      text.focus();
      text.setSelectionRange(from, answer.text.length);
    },
    why,
    star(button) {
      const person = personOf(button);
      if (person) shortlist.toggle(person);
    },
    unstar: ({ dataset }) => shortlist.remove(dataset.key ?? ''),
    clearList: () => shortlist.clear(),
    undo: ({ dataset }) => conflicts.toggle(Number(dataset.person)),
    forget: () => conflicts.forget(),
    resetSettings: () => settings_form.reset(),
    lowerMinimum: () => settings_form.change({ ...store.get().settings, min_papers: 1 }),
    morePeople: () => showMore('people'),
    morePapers: () => showMore('papers'),
    print: () => window.print(),
    saveCsv(button) {
      const { name, people } = listOf(button);
      download(`${name}.csv`, 'text/csv', toCsv(people));
    },
    saveJson(button) {
      const { name, people } = listOf(button);
      download(`${name}.json`, 'application/json', toJson(people));
    },
    copyText: (button) => give(toText(listOf(button).people), strings.textCopied),
    copyLink() {
      const with_text = document.querySelector('#link-text:checked') !== null;
      const { settings, answer } = store.get();
      const link = new URL(location.href);
      link.hash = toFragment(settings, with_text ? (answer?.text ?? null) : null);
      give(link.href, with_text ? strings.linkCopiedText : strings.linkCopied);
    },
  };

  return {
    /** @param {HTMLElement} button */
    run: (button) => actions[button.dataset.action ?? '']?.(button),
  };
}
