/** Addresses of the WebAssembly modules. Each is written out, since bundlers find the files by such expressions and
 * replace them by the new names. */

/**
 * @typedef {object} ModuleFiles
 * @property {URL} script  the loader, an ES module
 * @property {URL} binary
 *
 * @param {{relaxed: boolean, threads: boolean}} features
 * @returns {ModuleFiles} */
export function moduleFiles({ relaxed, threads }) {
  if (relaxed && threads) {
    return {
      script: new URL('../wasm/refscout-relaxed-threads.js', import.meta.url),
      binary: new URL('../wasm/refscout-relaxed-threads.wasm', import.meta.url),
    };
  }
  if (relaxed) {
    return {
      script: new URL('../wasm/refscout-relaxed.js', import.meta.url),
      binary: new URL('../wasm/refscout-relaxed.wasm', import.meta.url),
    };
  }
  if (threads) {
    return {
      script: new URL('../wasm/refscout-simd-threads.js', import.meta.url),
      binary: new URL('../wasm/refscout-simd-threads.wasm', import.meta.url),
    };
  }
  return {
    script: new URL('../wasm/refscout-simd.js', import.meta.url),
    binary: new URL('../wasm/refscout-simd.wasm', import.meta.url),
  };
}
