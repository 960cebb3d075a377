// Which module is chosen, and what a browser without WebAssembly SIMD is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFeatures } from '../../web/worker/features.js';

/** Runs work with some globals replaced. */
function withGlobals(changes, work) {
  const before = Object.fromEntries(
    Object.keys(changes).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]),
  );
  for (const [name, value] of Object.entries(changes)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    return work();
  } finally {
    for (const [name, descriptor] of Object.entries(before)) {
      delete globalThis[name];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

const SAFARI =
  'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15';
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const without = (userAgent) => ({ WebAssembly: { validate: () => false }, navigator: { userAgent } });

test('no WebAssembly at all: it is switched off', () => {
  withGlobals({ WebAssembly: undefined }, () => {
    assert.throws(() => chooseFeatures(1), {
      code: 'RS_ERR_UNSUPPORTED',
      message: /switched off.*Lockdown Mode/,
    });
  });
});

test('no SIMD in the engine of Safari: the version, Lockdown Mode or the processor', () => {
  withGlobals(without(SAFARI), () => {
    assert.throws(() => chooseFeatures(1), {
      code: 'RS_ERR_UNSUPPORTED',
      message: /16\.4.*Lockdown Mode.*without AVX/,
    });
  });
});

test('no SIMD in another engine: the version, or it is switched off', () => {
  withGlobals(without(CHROME), () => {
    assert.throws(() => chooseFeatures(1), {
      code: 'RS_ERR_UNSUPPORTED',
      message: /version 91.*Firefox from 89/,
    });
  });
});

test('relaxed SIMD that is known but not to be used is refused, one that is not known is not', () => {
  const plain = chooseFeatures(1, true);
  assert.equal(plain.relaxed, false);
  assert.equal(plain.fused, false);
  const { CompileError, validate } = WebAssembly;
  function Module() {
    throw new CompileError('relaxed SIMD is not known');
  }
  withGlobals({ WebAssembly: { CompileError, Module, validate } }, () => {
    assert.deepEqual(chooseFeatures(1), { relaxed: false, fused: false, refused: false, threads: 1 });
  });
});
