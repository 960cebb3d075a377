// Web Workers for Node, as far as refscout uses them: import this before the library.
import { parentPort, Worker as Thread, workerData } from 'node:worker_threads';

if (parentPort && workerData?.shim) {
  // In the thread: the worker's globals, then the worker's file.
  const port = parentPort;
  globalThis.addEventListener = (_type, listener) => port.on('message', (data) => listener({ data }));
  globalThis.postMessage = (message, { transfer = [] } = {}) => port.postMessage(message, transfer);
  await import(workerData.shim);
} else {
  globalThis.Worker = class extends EventTarget {
    /** @param {URL} url */
    constructor(url) {
      super();
      this.thread = new Thread(new URL(import.meta.url), { workerData: { shim: url.href } });
      this.thread.on('message', (data) => this.dispatchEvent(new MessageEvent('message', { data })));
      this.thread.on('error', () => this.dispatchEvent(new Event('error')));
    }
    postMessage(message) {
      this.thread.postMessage(message);
    }
    terminate() {
      this.thread.terminate();
    }
  };
}
