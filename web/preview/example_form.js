/** The example form (submit.html): a button fills it in, and it is never submitted. */

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

/** Fills a field and fires the events of typing, so that the preview notices the change.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {string} text */
function fillIn(field, text) {
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
