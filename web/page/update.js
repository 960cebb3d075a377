/** Registers the service worker and reports when a new version is waiting. The page is never reloaded
 * without the reader's consent. */

/** @typedef {HTMLTextAreaElement | HTMLInputElement} Field  with an id
 *
 * @typedef {object} Refusal  why the page cannot be kept on this device
 * @property {keyof typeof import('./strings.js').refusals} kind
 * @property {string} path    of the file that cannot be kept, or ''
 * @property {string} detail  the server's answer or the browser's message
 */

const KEPT_FIELDS = 'refscout-fields';

/** Registers the service worker. Where service workers are not available (a plain http address, some private
 * windows), the page still works with a network.
 * @param {{onOffline: () => void, onUpdate: () => void, onRefused: (why: Refusal) => void}} events
 *     onOffline: the page opens without a network from now on; onUpdate: a new version is ready;
 *     onRefused: this version cannot be kept
 * @returns {{apply: () => void}}  apply: reloads with the new version */
export function watchVersions({ onOffline, onUpdate, onRefused }) {
  const container = navigator.serviceWorker;
  if (!container) {
    onRefused({ kind: isSecureContext ? 'off' : 'insecure', path: '', detail: '' });
    return { apply: () => location.reload() };
  }
  /** @type {ServiceWorkerRegistration | null} */
  let registration = null;

  /** @param {ServiceWorker | null} worker */
  function follow(worker) {
    if (!worker) return;
    const tell = () => {
      if (worker.state === 'activated') onOffline();
      // Without an older worker this is the first one, which serves nothing before the next visit.
      if (worker.state === 'installed' && registration?.active) onUpdate();
    };
    worker.addEventListener('statechange', tell);
    tell();
  }

  const script = new URL('../sw.js', import.meta.url);
  container.register(script, { updateViaCache: 'none' }).then(
    (registered) => {
      registration = registered;
      for (const worker of [registered.active, registered.waiting, registered.installing]) follow(worker);
      registered.addEventListener('updatefound', () => follow(registered.installing));
    },
    async (thrown) => onRefused(await whyRefused(script, thrown)),
  );
  container.addEventListener('message', ({ data }) => {
    if (data?.action === 'refused') onRefused(data.why);
  });
  // The new version was activated in another tab, so this page is of an old version now.
  if (container.controller) container.addEventListener('controllerchange', onUpdate);

  return {
    apply() {
      const waiting = registration?.waiting;
      if (!waiting) return location.reload();
      // The second event is needed if no older worker controls this page, as after a forced reload.
      container.addEventListener('controllerchange', () => location.reload());
      waiting.addEventListener('statechange', () => {
        if (waiting.state === 'activated') location.reload();
      });
      waiting.postMessage({ action: 'activate' });
    },
  };
}

/** Why the registration failed. Browsers report it in different words, so the script is requested again and the
 * server's answer is examined.
 * @param {URL} script
 * @param {Error} thrown
 * @returns {Promise<Refusal>} */
async function whyRefused(script, thrown) {
  const path = 'sw.js';
  try {
    const response = await fetch(script, { cache: 'no-cache' });
    const detail = (response.headers.get('Content-Type') ?? '').split(';')[0].trim();
    if (!response.ok) return { kind: 'status', path, detail: String(response.status) };
    if (/html/.test(detail)) return { kind: 'page', path, detail };
    if (!/(java|ecma)script$/i.test(detail)) return { kind: 'type', path, detail };
    return { kind: 'other', path, detail: thrown.message };
  } catch {
    return { kind: 'unreachable', path, detail: '' };
  }
}

/** Keeps the content of these fields, and the settings, over one reload of this tab.
 * @param {Field[]} fields
 * @param {string} settings  as in the fragment of a link */
export function keepFields(fields, settings) {
  const kept = fields.map((field) => [field.id, isSwitch(field) ? field.checked : field.value]);
  try {
    sessionStorage.setItem(KEPT_FIELDS, JSON.stringify({ ...Object.fromEntries(kept), settings }));
  } catch {
    // Storage is switched off: the text is still in the reader's clipboard or document.
  }
}

/** Restores the kept fields and settings, once: the settings into the address, from which they are read.
 * @param {Field[]} fields */
export function takeFields(fields) {
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT_FIELDS) ?? '{}');
    sessionStorage.removeItem(KEPT_FIELDS);
  } catch {
    return;
  }
  for (const field of fields) {
    const value = kept?.[field.id];
    if (isSwitch(field)) field.checked = Boolean(value ?? field.checked);
    else if (typeof value === 'string') field.value = value;
  }
  if (kept?.settings && location.hash === '') history.replaceState(null, '', `#${kept.settings}`);
}

/** @param {Field} field
 * @returns {field is HTMLInputElement} */
const isSwitch = (field) => field instanceof HTMLInputElement && field.type === 'checkbox';
