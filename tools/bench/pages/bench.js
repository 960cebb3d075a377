// What tools/bench drives: engines in workers, each asked by name. All are open at once and asked in
// turn, so that a machine that slows down slows all of them.

/** @type {Map<string, (request: object) => Promise<any>>} */
const engines = new Map();

function ask(worker, request) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  });
}

window.bench = {
  /** @param {string} name
   * @param {string} script  of the worker
   * @param {object} settings */
  async open(name, script, settings) {
    const worker = new Worker(script, { type: 'module' });
    engines.set(name, (request) => ask(worker, request));
    return ask(worker, { open: settings });
  },
  /** @param {string} name
   * @param {object} request */
  run: (name, request) => engines.get(name)(request),
};
