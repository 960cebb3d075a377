/** Debounce: runs work when it has not been requested again for ms milliseconds.
 * @param {() => void} work
 * @param {number} ms */
export function later(work, ms) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return {
    ask() {
      clearTimeout(timer);
      timer = setTimeout(work, ms);
    },
    cancel: () => clearTimeout(timer),
  };
}
