/** The manuscript's text: typed, dropped, or from a file. */

import { strings } from './strings.js';

const MAX_FILE_BYTES = 1e6;

/** @param {HTMLFormElement} form
 * @param {HTMLTextAreaElement} area
 * @param {HTMLInputElement} file
 * @param {{used: () => void, refused: (why: string) => void}} tell */
export function createInput(form, area, file, { used, refused }) {
  /** @param {string} text */
  function show(text) {
    area.value = text;
    area.scrollTop = 0;
    used();
  }

  /** Shows a text with the cursor at its start, for a text that the reader may want to edit.
   * @param {string} text */
  function use(text) {
    show(text);
    area.focus();
    area.setSelectionRange(0, 0);
  }

  /** @param {File | undefined} chosen */
  async function read(chosen) {
    if (!chosen) return;
    if (chosen.size > MAX_FILE_BYTES) return refused(strings.fileTooLarge);
    const text = await chosen.text();
    // Every PDF and Word file contains a NUL character, and no text does.
    if (text.includes('\0')) return refused(strings.fileNotText);
    use(text);
  }

  file.addEventListener('change', () => {
    read(file.files?.[0]);
    file.value = ''; // so that choosing the same file again triggers a change event
  });
  for (const type of ['dragenter', 'dragover']) {
    form.addEventListener(type, (event) => {
      event.preventDefault();
      form.classList.add('dropping');
    });
  }
  for (const type of ['dragleave', 'drop']) {
    form.addEventListener(type, () => form.classList.remove('dropping'));
  }
  form.addEventListener('drop', (event) => {
    const dropped = event.dataTransfer?.files[0];
    if (!dropped) return; // a dropped selection of text is handled by the browser
    event.preventDefault();
    read(dropped);
  });

  return { show };
}
