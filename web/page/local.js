/** Data that the reader wants remembered, in this browser's localStorage only. A private window may refuse it. */

const PREFIX = 'refscout.';

/** @param {string} name
 * @returns {unknown} null when nothing is stored, or it cannot be read */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} name
 * @param {unknown} value  null: delete the stored value
 * @returns {boolean} whether the value was stored */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Calls back when another tab has changed the value.
 * @param {string} name
 * @param {() => void} changed */
export function onChange(name, changed) {
  addEventListener('storage', ({ key }) => {
    if (key === PREFIX + name) changed();
  });
}
