/** Script of preview-frame.html: the library for a page of another origin. The server's header says who
 * may embed the frame (frame-ancestors); only the first connection is accepted. */

import { load } from '../lib/refscout.js';
import { errorRecord } from '../shared/messages.js';

/** @typedef {import('../lib/refscout.js').Refscout} Refscout */

/** @type {Refscout | null} */
let scout = null;
/** @type {Map<number, AbortController>} */
const live = new Map();
/** Functions that receive the reader's answers, by the id of the request that waits for one.
 * @type {Map<number, (agreed: boolean) => void>} */
const asked = new Map();

/** @param {MessageEvent} event */
function connect({ source, data, ports: [port] }) {
  if (source !== parent || data?.refscout !== 'connect' || !port) return;
  removeEventListener('message', connect);
  port.onmessage = (message) => take(port, message.data);
}

/** @param {MessagePort} port
 * @param {{id: number, action: string, text?: string, top?: number, agreed?: boolean}} request */
function take(port, request) {
  const { id, action } = request;
  if (action === 'cancel') live.get(id)?.abort();
  else if (action === 'confirm') asked.get(id)?.(request.agreed === true);
  else answer(port, request);
}

/** @param {MessagePort} port
 * @param {{id: number, action: string, text?: string, top?: number}} request */
async function answer(port, { id, action, text = '', top }) {
  const stop = new AbortController();
  const { signal } = stop;
  live.set(id, stop);
  try {
    if (action === 'load') {
      scout = await load({
        signal,
        onProgress: (progress) => port.postMessage({ id, progress }),
        confirm: (need) => {
          port.postMessage({ id, need });
          return new Promise((resolve) => asked.set(id, resolve));
        },
      });
      port.postMessage({ id, result: scout.info });
    } else if (action === 'search' && scout) {
      port.postMessage({ id, result: await scout.search(text, { top, signal }) });
    }
  } catch (thrown) {
    if (!signal.aborted) port.postMessage({ id, error: errorRecord(thrown) });
  } finally {
    live.delete(id);
    asked.delete(id);
  }
}

if (parent !== window) {
  addEventListener('message', connect);
  parent.postMessage({ refscout: 'hello' }, '*'); // to any origin: the message contains nothing else
}
