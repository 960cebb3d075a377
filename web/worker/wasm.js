/** JavaScript wrapper of the WebAssembly module: the only file with pointers. The module's functions are described
 * in src/wasm/exports.h. Views of the heap are created again after every call, since a call may grow memory and
 * detach older views. */

import { CORE_CODES, RefscoutError } from '../shared/messages.js';

/**
 * @typedef {object} Module  the members used here of the object that Emscripten's factory returns
 * @property {Uint8Array} HEAPU8
 * @property {(bytes: number) => number} _rsw_alloc
 * @property {(p: number) => void} _rsw_free
 * @property {() => number} _rsw_error
 * @property {(p: number, bytes: number) => number} _rsw_sha256
 * @property {(p: number, bytes: number) => number} _rsw_checksum
 * @property {(p: number, bytes: number, sha256: number, threads: number) => number} _rsw_model_open
 * @property {() => number} _rsw_model_info
 * @property {(p: number, bytes: number) => number} _rsw_index_open
 * @property {() => number} _rsw_index_info
 * @property {(text: number, bytes: number) => number} _rsw_embed_begin
 * @property {() => number} _rsw_embed_step
 * @property {() => number} _rsw_embed_left
 * @property {() => number} _rsw_embed_vector
 * @property {() => number} _rsw_embed_info
 * @property {(options: number) => number} _rsw_search
 * @property {(options: number) => number} _rsw_rank
 * @property {() => number} _rsw_search_result
 * @property {(request: number) => number} _rsw_conflicts
 * @property {() => number} _rsw_conflicts_result
 * @property {() => void} _rsw_without_fused
 * @property {() => void} _rsw_close
 *
 * @typedef {(settings?: object) => Promise<Module>} ModuleFactory
 *
 * @typedef {object} Block  memory for one file; filled by the caller, then passed to the engine
 * @property {number} bytes
 * @property {(at: number, bytes: number) => Uint8Array} view  a part of the block, valid until the next call
 * @property {(at: number, bytes: number) => string} sha256
 * @property {(at: number, bytes: number) => string} checksum  XXH64
 *
 * @typedef {() => Promise<void>} Between  awaited between layers; a rejection abandons the text
 *
 * @typedef {ReturnType<typeof createEngine>} Engine
 * @typedef {import('../shared/options.js').RankOptions} RankOptions
 * @typedef {Omit<import('../shared/messages.js').SearchResult, 'elapsed_ms'>} Answer
 */

/** @param {Module} module */
export function createEngine(module) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  /** Address of each block that the engine has not taken yet.
   * @type {WeakMap<Block, number>} */
  const places = new WeakMap();
  let stopped = false;

  /** Runs work, which calls the module. After a trap the module's state is unknown and it is not called again.
   * @template T
   * @param {() => T} work
   * @returns {T} */
  function guard(work) {
    if (stopped) throw stoppedError();
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof RefscoutError) throw thrown;
      stopped = true;
      throw isMemory(thrown) ? memoryError('the model', thrown) : stoppedError(thrown);
    }
  }

  /** @param {number} p  address of a string that the module owns */
  function text(p) {
    const heap = module.HEAPU8;
    const start = p >>> 0;
    // slice, not subarray: TextDecoder refuses shared memory.
    return decoder.decode(heap.slice(start, heap.indexOf(0, start)));
  }

  /** @param {number} p */
  const json = (p) => (p === 0 ? null : JSON.parse(text(p)));

  /** @param {number} status */
  function check(status) {
    if (status === 0) return;
    const code = CORE_CODES[status] ?? 'RS_ERR_INTERNAL';
    if (code === 'RS_ERR_MEMORY') throw memoryError('the model');
    throw new RefscoutError(code, sentence(text(module._rsw_error())));
  }

  /** Runs work with a NUL-terminated UTF-8 copy of a string in module memory.
   * @template T
   * @param {string} value
   * @param {(p: number, bytes: number) => T} work
   * @returns {T} */
  function withText(value, work) {
    const bytes = encoder.encode(value);
    const p = module._rsw_alloc(bytes.length + 1) >>> 0;
    if (p === 0) throw memoryError('the text');
    try {
      module.HEAPU8.set(bytes, p);
      module.HEAPU8[p + bytes.length] = 0;
      return work(p, bytes.length);
    } finally {
      module._rsw_free(p);
    }
  }

  /** @template T
   * @param {object} value
   * @param {(p: number) => T} work */
  const withJson = (value, work) => withText(JSON.stringify(value), work);

  /** @param {string} value
   * @param {Between} [between] */
  async function encode(value, between) {
    guard(() => withText(value, (p, bytes) => check(module._rsw_embed_begin(p, bytes))));
    const step = () => {
      check(module._rsw_embed_step());
      return module._rsw_embed_left();
    };
    while (guard(step) > 0) await between?.();
  }

  /** Address of a block that is passed to the module, which then owns it, also when the call fails.
   * @param {Block} block */
  function take(block) {
    const p = places.get(block);
    if (p === undefined) throw new Error('this block was given away already');
    places.delete(block);
    return p;
  }

  return {
    /** Disables the kernels that need the 32-bit dot product; must be called before a model is opened. */
    withoutFused() {
      guard(() => module._rsw_without_fused());
    },

    /** Allocates memory for a file.
     * @param {number} bytes
     * @param {string} what  for the error message, for instance 'the model'
     * @returns {Block} */
    reserve(bytes, what) {
      const p = guard(() => module._rsw_alloc(bytes)) >>> 0;
      if (p === 0) throw memoryError(what);
      /** @type {Block} */
      const block = {
        bytes,
        view(at, size) {
          if (at < 0 || at + size > bytes) throw new RangeError('beyond the block');
          return module.HEAPU8.subarray(p + at, p + at + size);
        },
        sha256: (at, size) => guard(() => text(module._rsw_sha256(p + at, size))),
        checksum: (at, size) => guard(() => text(module._rsw_checksum(p + at, size))),
      };
      places.set(block, p);
      return block;
    },

    /** @param {Block} block
     * @param {string} sha256  of the whole file
     * @param {number} threads
     * @returns {import('../shared/messages.js').ModelInfo} */
    openModel(block, sha256, threads) {
      return guard(() => {
        withText(sha256, (hash) => check(module._rsw_model_open(take(block), block.bytes, hash, threads)));
        return json(module._rsw_model_info());
      });
    },

    /** @param {Block} block
     * @returns {import('../shared/messages.js').IndexInfo} */
    openIndex(block) {
      return guard(() => {
        check(module._rsw_index_open(take(block), block.bytes));
        return json(module._rsw_index_info());
      });
    },

    /** @param {string} value
     * @param {number} hidden_size
     * @param {Between} [between]
     * @returns {Promise<import('../shared/messages.js').EmbedResult>} */
    async embed(value, hidden_size, between) {
      await encode(value, between);
      return guard(() => {
        const info = json(module._rsw_embed_info());
        const vector = module._rsw_embed_vector() >>> 0;
        const copy = module.HEAPU8.slice(vector, vector + 4 * hidden_size);
        return { embedding: new Float32Array(copy.buffer), ...info };
      });
    },

    /** @param {string} value
     * @param {RankOptions} [options]
     * @param {Between} [between]
     * @returns {Promise<Answer>} */
    async search(value, options = {}, between) {
      await encode(value, between);
      return guard(() =>
        withJson(options, (json_options) => {
          check(module._rsw_search(json_options));
          return json(module._rsw_search_result());
        }),
      );
    },

    /** Ranks the text of the last search again, with other options.
     * @param {RankOptions} [options]
     * @returns {Answer} */
    rank(options = {}) {
      return guard(() =>
        withJson(options, (json_options) => {
          check(module._rsw_rank(json_options));
          return json(module._rsw_search_result());
        }),
      );
    },

    /** @param {import('../shared/messages.js').ConflictRequest} request
     * @returns {import('../shared/messages.js').ConflictResult} */
    conflicts(request) {
      return guard(() =>
        withJson(request, (json_request) => {
          check(module._rsw_conflicts(json_request));
          return json(module._rsw_conflicts_result());
        }),
      );
    },

    close() {
      if (!stopped) module._rsw_close();
      stopped = true;
    },
  };
}

/** @param {unknown} thrown */
function isMemory(thrown) {
  return thrown instanceof RangeError || /memory|OOM/i.test(String(thrown));
}

/** @param {string} what
 * @param {unknown} [cause] */
export function memoryError(what, cause) {
  return new RefscoutError(
    'RS_ERR_MEMORY',
    `There is not enough memory for ${what}. Close other tabs and try again, or use a computer with more memory.`,
    cause,
  );
}

/** @param {unknown} [cause] */
function stoppedError(cause) {
  return new RefscoutError('RS_ERR_INTERNAL', 'The engine stopped unexpectedly. Load it again.', cause);
}

/** Turns a message of the core into a sentence: core messages follow a file name, so they begin in lower case and
 * have no full stop.
 * @param {string} message */
function sentence(message) {
  const text = message || 'the engine gave no reason';
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}
