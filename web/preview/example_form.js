/** The example form (submit.html): filled in by a button, submitted nowhere. */

import { byId } from '../page/dom.js';
import { sleep } from '../page/examples.js';

byId('fill', HTMLButtonElement).addEventListener('click', () => {
  const [title, ...rest] = sleep.split('\n');
  fillIn(byId('title', HTMLInputElement), title);
  fillIn(byId('authors', HTMLInputElement), 'Ada Lovelace, Charles Babbage');
  fillIn(byId('abstract', HTMLTextAreaElement), rest.join('\n').trim());
});

byId('manuscript', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  byId('submitted', HTMLElement).textContent = 'This is an example: nothing was submitted.';
});

/** As if it were typed, so that whoever listens hears of it.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {string} text */
function fillIn(field, text) {
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
