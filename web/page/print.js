/** Opens the panel of a short-list with people on it for printing.
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
