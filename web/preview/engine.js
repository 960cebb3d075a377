/** Opens the engine of a site for <submission-preview>.
 *
 * A page may start a module worker only from its own origin. If the site is on another origin, the
 * library therefore runs in a hidden frame of that site (preview-frame.html), with which this file
 * exchanges messages through a MessageChannel. Two alternatives were rejected: a worker made from a blob
 * URL that imports the real one needs `worker-src blob:` in the host's policy, which makes that policy
 * worthless, and running the model in the page's own thread would block the form while a text is read. The
 * frame costs the host one line, `frame-src`, keeps the model's code out of the host's page, and has its own
 * policy, by which it can contact only its own site.
 *
 * Messages are accepted only from the frame's window and origin; the text is sent through a port that was
 * transferred to that origin. The messages are those of shared/messages.js and two more: {id, need} asks
 * whether to download, {id, action: 'confirm', agreed} answers. */

import { abortReason, RefscoutError } from '../shared/messages.js';
import { mistakes } from './strings.js';

/**
 * @typedef {import('../shared/messages.js').Info} Info
 * @typedef {import('../shared/messages.js').Need} Need
 * @typedef {import('../shared/messages.js').SearchResult} SearchResult
 *
 * @typedef {object} Engine
 * @property {Info} info
 * @property {(text: string, options: {top: number, signal: AbortSignal}) => Promise<SearchResult>} search
 * @property {() => void} close
 *
 * @typedef {object} OpenOptions
 * @property {AbortSignal} signal
 * @property {(progress: import('../shared/messages.js').Progress) => void} onProgress
 * @property {(need: Need) => boolean | Promise<boolean>} confirm
 *
 * @typedef {object} Waiting  a pending request
 * @property {(value: any) => void} resolve
 * @property {(reason: unknown) => void} reject
 * @property {OpenOptions} [options]
 */

/** Time to wait, after the frame has loaded, for the message of its script. */
const HELLO_MS = 2_000;
/** Timeout for a server that never answers. */
const FRAME_MS = 30_000;

/** @param {string} base
 * @param {ParentNode} place  parent of the frame, if one is needed
 * @param {OpenOptions} options
 * @returns {Promise<Engine>} */
export function openEngine(base, place, options) {
  return new URL(base).origin === location.origin ? openHere(base, options) : openFrame(base, place, options);
}

/** Failed imports of the library: browsers cache a failed import, so the next attempt uses another address. */
let failures = 0;

/** @param {string} base
 * @param {OpenOptions} options
 * @returns {Promise<Engine>} */
async function openHere(base, options) {
  const again = failures > 0 ? `?again=${failures}` : '';
  /** @type {typeof import('../lib/refscout.js')} */
  let library;
  try {
    library = await import(new URL(`lib/refscout.js${again}`, base).href);
  } catch (thrown) {
    failures++;
    throw notThere(base, thrown);
  }
  return library.load({ base, ...options });
}

/** @param {string} base
 * @param {ParentNode} place
 * @param {OpenOptions} options
 * @returns {Promise<Engine>} */
async function openFrame(base, place, options) {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.tabIndex = -1;
  frame.title = 'refscout';
  frame.referrerPolicy = 'no-referrer';
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin');
  frame.src = new URL('preview-frame.html', base).href;
  try {
    const hello = helloFrom(frame, base, options.signal);
    place.append(frame);
    const line = openLine(await hello);
    const info = await line.ask({ action: 'load' }, options.signal, options);
    return {
      info,
      search: (text, { top, signal }) => line.ask({ action: 'search', text, top }, signal),
      close() {
        line.close();
        frame.remove(); // ends its worker
      },
    };
  } catch (thrown) {
    frame.remove();
    throw thrown;
  }
}

/** Resolves to a port into the frame, after the frame's first message.
 * @param {HTMLIFrameElement} frame
 * @param {string} base
 * @param {AbortSignal} signal
 * @returns {Promise<MessagePort>} */
function helloFrom(frame, base, signal) {
  const { origin } = new URL(base);
  const done = new AbortController();
  return new Promise((resolve, reject) => {
    const fail = () => reject(notThere(base));
    const hear = (/** @type {MessageEvent} */ { source, origin: from, data }) => {
      if (source !== frame.contentWindow || from !== origin || data?.refscout !== 'hello') return;
      const { port1, port2 } = new MessageChannel();
      frame.contentWindow?.postMessage({ refscout: 'connect' }, origin, [port2]);
      resolve(port1);
    };
    const too_long = setTimeout(fail, FRAME_MS);
    done.signal.addEventListener('abort', () => clearTimeout(too_long));
    addEventListener('message', hear, { signal: done.signal });
    frame.addEventListener('load', () => setTimeout(fail, HELLO_MS), { once: true, signal: done.signal });
    signal.addEventListener('abort', () => reject(abortReason(signal)), { signal: done.signal });
    if (signal.aborted) reject(abortReason(signal));
  }).finally(() => done.abort());
}

/** Sends requests through a port and receives their replies.
 * @param {MessagePort} port */
function openLine(port) {
  /** @type {Map<number, Waiting>} */
  const waiting = new Map();
  let last_id = 0;

  port.onmessage = async ({ data: { id, result, error, progress, need } }) => {
    const request = waiting.get(id);
    if (!request) return; // cancelled meanwhile
    const { options, resolve, reject } = request;
    if (progress) options?.onProgress(progress);
    else if (need) port.postMessage({ id, action: 'confirm', agreed: await options?.confirm(need) });
    else {
      waiting.delete(id);
      if (error) reject(new RefscoutError(error.code, error.message));
      else resolve(result);
    }
  };

  return {
    /** @param {object} request
     * @param {AbortSignal} signal
     * @param {OpenOptions} [options]
     * @returns {Promise<any>} */
    ask(request, signal, options) {
      if (signal.aborted) return Promise.reject(abortReason(signal));
      const id = ++last_id;
      const cancel = () => {
        waiting.get(id)?.reject(abortReason(signal));
        if (waiting.delete(id)) port.postMessage({ id, action: 'cancel' });
      };
      signal.addEventListener('abort', cancel);
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, options });
        port.postMessage({ id, ...request });
      }).finally(() => signal.removeEventListener('abort', cancel));
    },

    close() {
      port.close();
      for (const { reject } of waiting.values()) {
        reject(new RefscoutError('RS_ERR_CLOSED', 'The preview was closed.'));
      }
      waiting.clear();
    },
  };
}

/** @param {string} base
 * @param {unknown} [cause] */
function notThere(base, cause) {
  return new RefscoutError('RS_ERR_NETWORK', mistakes.notThere(base), cause);
}
