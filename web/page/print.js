/** A short-list with people on it is printed, open or not.
 * @param {HTMLDetailsElement} panel
 * @param {() => boolean} wanted */
export function openForPrint(panel, wanted) {
  let opened = false;
  addEventListener('beforeprint', () => {
    opened = !panel.open && wanted();
    if (opened) panel.open = true;
  });
  addEventListener('afterprint', () => {
    if (opened) panel.open = false;
  });
}
