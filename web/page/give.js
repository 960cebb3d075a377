/** Saves results as a file or copies them to the clipboard. */

import { el } from './dom.js';

/** Saves a file. Uses a data: link rather than a blob: link, which would have to be freed and which the page's policy
 * does not allow.
 * @param {string} name
 * @param {string} type
 * @param {string} content */
export function download(name, type, content) {
  const href = `data:${type};charset=utf-8,${encodeURIComponent(content)}`;
  const link = el('a', { href, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}

/** @param {string} text
 * @returns {Promise<boolean>} whether it could be copied */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyFromField(text); // insecure pages have no clipboard object
  }
}

/** @param {string} text */
function copyFromField(text) {
  const before = document.activeElement;
  const field = el('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
