/** What the reader wants remembered, in this browser and nowhere else. A private window may refuse. */

const PREFIX = 'refscout.';

/** @param {string} name
 * @returns {unknown} null when there is nothing, or nothing readable */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} name
 * @param {unknown} value  null: forget
 * @returns {boolean} whether it was kept */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Calls back when another tab has changed it.
 * @param {string} name
 * @param {() => void} changed */
export function onChange(name, changed) {
  addEventListener('storage', ({ key }) => {
    if (key === PREFIX + name) changed();
  });
}
