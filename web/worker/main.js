/** The worker: a table of actions on one engine, which run one after the other. */

import { moduleName, THREADS_START_MS } from '../shared/config.js';
import { abortReason, errorRecord, RefscoutError } from '../shared/messages.js';
import { nodeModule } from '../shared/node.js';
import { sha256Of } from './digest.js';
import { chooseFeatures } from './features.js';
import { fetchAll } from './files.js';
import { whyMissing } from './missing.js';
import { moduleFiles } from './modules.js';
import { finishPlan, makePlan } from './plan.js';
import { createEngine, memoryError } from './wasm.js';

/**
 * @typedef {import('../shared/messages.js').Request} Request
 * @typedef {import('../shared/messages.js').ActionRequest} ActionRequest
 * @typedef {import('../shared/messages.js').Reply} Reply
 * @typedef {import('../shared/messages.js').Info} Info
 * @typedef {import('./files.js').ManifestFile} ManifestFile
 * @typedef {import('./files.js').Job} Job
 * @typedef {import('./wasm.js').Block} Block
 * @typedef {{signal: AbortSignal, progress: (p: import('../shared/messages.js').Progress) => void,
 *   between: import('./wasm.js').Between}} Context
 */

/** @type {{engine: import('./wasm.js').Engine, info: Info} | null} */
let loaded = null;

/** The text of the scores that the engine has now.
 * @type {string | null} */
let scored = null;

/**
 * A load in progress.
 * @typedef {object} Beginning
 * @property {string} base
 * @property {number | null} threads
 * @property {boolean} plain
 * @property {AbortController} stop
 * @property {Promise<import('./plan.js').Plan>} planned
 * @property {ReturnType<typeof startModule>} started
 * @property {ReturnType<typeof fill> | null} filled
 * @property {number} done_bytes
 * @property {(done_bytes: number) => void} onBytes
 */

/** A load that a `survey` request has started and the next `load` continues.
 * @type {Beginning | null} */
let begun = null;

const actions = {
  /** Finds out how much must be downloaded, while the module starts. If that is nothing, no consent is needed and
   * the stored pieces are read at once.
   * @param {import('../shared/messages.js').SurveyRequest} request
   * @param {Context} context */
  async survey({ base, threads }, { signal }) {
    const beginning = begin(base, threads, false, signal);
    const { need } = await beginning.planned;
    if (need.missing_bytes === 0) beginning.filled = quiet(fill(beginning));
    begun = beginning;
    return need;
  },

  /** @param {import('../shared/messages.js').LoadRequest} request
   * @param {Context} context */
  async load({ base, threads, plain }, { signal, progress }) {
    progress({ phase: 'start', done_bytes: 0, total_bytes: 0 });
    const beginning =
      begun?.base === base && begun.threads === threads && begun.plain === plain
        ? begun
        : begin(base, threads, plain, signal);
    begun = null;
    signal.addEventListener('abort', () => beginning.stop.abort(signal.reason));
    const { manifest } = await beginning.planned;
    const total_bytes = manifest.model.bytes + manifest.index.bytes;
    beginning.onBytes = (done_bytes) => progress({ phase: 'fetch', done_bytes, total_bytes });
    beginning.onBytes(beginning.done_bytes);
    const { engine, module, thread_count, model, index, storage } = await (beginning.filled ??
      fill(beginning));

    progress({ phase: 'open', done_bytes: total_bytes, total_bytes });
    await otherTasks(); // sends the message before opening the model blocks this thread
    const model_info = engine.openModel(model, manifest.model.sha256, thread_count);
    const index_info = engine.openIndex(index);
    const { kernel, threads: used, version } = model_info;
    loaded = {
      engine,
      info: { kernel, threads: used, version, module, storage, model: model_info, index: index_info },
    };
    return loaded.info;
  },

  /** @param {import('../shared/messages.js').EmbedRequest} request
   * @param {Context} context */
  embed({ text }, { between }) {
    const { engine, info } = ready();
    return engine.embed(text, info.model.hidden_size, between);
  },

  /** @param {import('../shared/messages.js').SearchRequest} request
   * @param {Context} context */
  async search({ text, options }, { between }) {
    const { engine } = ready();
    scored = null; // until the search has succeeded
    const answer = await timed(() => engine.search(text, options, between));
    scored = text;
    return answer;
  },

  /** The request contains the text, since a search that was cancelled too late may have replaced its scores.
   * @param {import('../shared/messages.js').SearchRequest} request
   * @param {Context} context */
  rank(request, context) {
    const { engine } = ready();
    if (request.text !== scored) return actions.search(request, context);
    return timed(() => engine.rank(request.options));
  },

  /** @param {import('../shared/messages.js').ConflictsRequest} request */
  conflicts({ request }) {
    return ready().engine.conflicts(request);
  },
};

/** @param {string} base
 * @param {number | null} threads
 * @param {boolean} plain  without relaxed SIMD
 * @param {AbortSignal} signal
 * @returns {Beginning} */
function begin(base, threads, plain, signal) {
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(signal.reason));
  const planned = quiet(makePlan(base, stop.signal));
  const started = quiet(startModule(threads, plain));
  return { base, threads, plain, stop, planned, started, filled: null, done_bytes: 0, onBytes: () => {} };
}

/** Fills the module's memory with the verified bytes of model and index.
 * @param {Beginning} beginning */
async function fill(beginning) {
  const plan = await beginning.planned;
  const { manifest, url, store, known } = plan;
  /** @type {{model: Block, index: Block}} */
  let blocks;
  const placed = beginning.started.then(({ engine }) => {
    const model = engine.reserve(manifest.model.bytes, 'the model');
    blocks = { model, index: engine.reserve(manifest.index.bytes, 'the index of papers') };
    return blocks;
  });
  const jobs = [
    ...jobsOf(manifest.model, () => blocks.model, url, known),
    ...jobsOf(manifest.index, () => blocks.index, url, known),
  ];
  const onBytes = (/** @type {number} */ done_bytes) => {
    beginning.done_bytes = done_bytes;
    beginning.onBytes(done_bytes);
  };
  const { signal } = beginning.stop;
  const { all_kept } = await fetchAll(jobs, { signal, onBytes, store, placed: quiet(placed) });
  const sums = Object.fromEntries(jobs.map((job) => [job.sha256, job.known ?? '']));
  const storage = await finishPlan(plan, all_kept, sums);
  return { ...(await beginning.started), ...(await placed), storage };
}

/** Prevents the report of an unhandled rejection for a promise that is awaited later, if at all.
 * @template T
 * @param {Promise<T>} promise */
function quiet(promise) {
  promise.catch(() => {});
  return promise;
}

/** @param {() => import('./wasm.js').Answer | Promise<import('./wasm.js').Answer>} work
 * @returns {Promise<import('../shared/messages.js').SearchResult>} */
async function timed(work) {
  const start = performance.now();
  const answer = await work();
  return { ...answer, elapsed_ms: performance.now() - start };
}

function ready() {
  if (!loaded) throw new RefscoutError('RS_ERR_ARGUMENT', 'Nothing is loaded yet: wait for load() first.');
  return loaded;
}

/** @param {number | null} wanted_threads
 * @param {boolean} plain */
async function startModule(wanted_threads, plain) {
  const features = chooseFeatures(wanted_threads, plain);
  if (features.threads > 1) {
    try {
      return await within(THREADS_START_MS, startVariant(features));
    } catch {
      // Shared memory reserves its maximum size, which small devices refuse; and if the browser does not start
      // the threads, the module waits for them forever. The module without threads does the work.
    }
  }
  return startVariant({ ...features, threads: 1 });
}

/** Settles like the promise, or rejects after a timeout.
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T>} */
function within(ms, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing after ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** @param {import('./features.js').Features} features */
async function startVariant({ relaxed, fused, refused, threads: thread_count }) {
  const threads = thread_count > 1;
  const name = moduleName({ relaxed, threads });
  const { script, binary } = moduleFiles({ relaxed, threads });
  try {
    /** @type {{default: import('./wasm.js').ModuleFactory}} */
    const { default: factory } = await import(/* @vite-ignore */ script.href);
    const engine = createEngine(await factory({ threads: thread_count, locateFile: () => binary.href }));
    if (relaxed && !fused) engine.withoutFused();
    return { engine, module: { name, relaxed, threads, refused }, thread_count };
  } catch (thrown) {
    if (thrown instanceof RangeError) throw memoryError('the engine', thrown);
    throw new RefscoutError('RS_ERR_NETWORK', await whyMissing(script, binary, `wasm/${name}`), thrown);
  }
}

/** @param {ManifestFile} file
 * @param {() => Block} block  the destination; called only when it is allocated
 * @param {string} manifest_url
 * @param {import('./plan.js').Known} known
 * @returns {Job[]} */
function jobsOf(file, block, manifest_url, known) {
  let start = 0;
  return file.pieces.map(({ path, bytes, sha256 }) => {
    const from = start;
    start += bytes;
    const view = () => block().view(from, bytes);
    return {
      url: new URL(path, manifest_url).href,
      bytes,
      sha256,
      view,
      digest: () => sha256Of(view(), () => block().sha256(from, bytes)),
      checksum: () => block().checksum(from, bytes),
      known: known[sha256],
    };
  });
}

/** Queued and running requests, by id.
 * @type {Map<number, AbortController>} */
const live = new Map();

/** Settles with the last queued action; each action waits for the one before it. */
let last = Promise.resolve();

/** The worker's global scope, or in a worker thread of Node its port. */
const port = /** @type {DedicatedWorkerGlobalScope} */ (
  nodeModule('worker_threads')?.parentPort ?? globalThis
);

port.addEventListener('message', ({ data }) => {
  /** @type {Request} */
  const request = data;
  if (request.action === 'cancel') {
    live.get(request.id)?.abort();
    return;
  }
  live.set(request.id, new AbortController());
  last = last.then(() => answer(request));
});

/** @param {ActionRequest} request */
async function answer(request) {
  await otherTasks(); // lets pending cancel messages be processed first
  const { id } = request;
  const signal = /** @type {AbortController} */ (live.get(id)).signal;
  /** @param {Omit<Reply, 'id'>} reply
   * @param {Transferable[]} [transfer] */
  const send = (reply, transfer = []) => {
    if (!signal.aborted) port.postMessage({ id, ...reply }, { transfer });
  };
  try {
    if (!signal.aborted) {
      // Each action takes its own type of request, which TypeScript cannot derive from the lookup.
      const action = /** @type {(r: ActionRequest, c: Context) => any} */ (actions[request.action]);
      const progress = (/** @type {any} */ now) => send({ progress: now });
      const between = async () => {
        await otherTasks();
        if (signal.aborted) throw abortReason(signal);
      };
      const result = await action(request, { signal, progress, between });
      send({ result }, result.embedding ? [result.embedding.buffer] : []);
    }
  } catch (thrown) {
    send({ error: errorRecord(thrown) });
  } finally {
    live.delete(id);
  }
}

/** Yields to the event loop, so that pending messages are processed. Uses a message rather than a timer, since
 * browsers delay nested timers by 4 ms, and this is called between layers.
 * @returns {Promise<void>} */
function otherTasks() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
