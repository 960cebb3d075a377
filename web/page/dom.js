/** A small DOM builder. Strings become text nodes, never markup. */

/** @typedef {Node | string | null | false | Child[]} Child */

/** Creates an element: el('a', {href}, 'text'). Children and attributes that are null or false are left out; an
 * attribute that is true is written empty.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]} */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** Replaces the children of an element. The focus returns to the element with the same data-keep, if there
 * is one.
 * @param {HTMLElement} parent
 * @param {Child[]} children */
export function fill(parent, children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const keep = focused?.getAttribute('data-keep');
  parent.replaceChildren();
  append(parent, children);
  if (!keep) return;
  const again = parent.querySelector(`[data-keep="${CSS.escape(keep)}"]`);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/** @param {Node} parent
 * @param {Child[]} children */
function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (typeof child === 'string') parent.appendChild(document.createTextNode(child));
    else if (child) parent.appendChild(child);
  }
}

/** The element of index.html with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T} */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return element;
}
