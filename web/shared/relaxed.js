/** Run-time test of the engine's relaxed SIMD instructions.
 *
 * A valid module means that an engine supports the instructions, not that it computes them correctly: V8 up
 * to 14.2 on a processor without AVX returns b · b for the 16-bit dot product of a and b until its optimising
 * compiler has compiled the function; V8 11.3 to 11.8 ignores the accumulator of the 32-bit dot product. So
 * every relaxed instruction of the modules is executed here, on operands for which the standard allows one
 * result: first in baseline code, then after the optimising compiler has compiled the loop.
 *
 * Used by each worker that runs a model, and by the service worker to choose the modules to precache. */

/**
 * @typedef {object} Relaxed
 * @property {boolean} known   the engine validates modules with relaxed SIMD
 * @property {string[]} wrong  instructions whose result the standard does not allow
 * @property {boolean} fused   the 32-bit dot product (with accumulation) can be used
 * @property {boolean} right   all other instructions of the relaxed modules are correct
 *
 * @typedef {Int8Array | Int16Array | Int32Array | Float32Array} Lanes  of one vector
 * @typedef {() => number} Random  from 0 to below 1
 *
 * @typedef {object} Trial    one instruction and its operands
 * @property {string} name
 * @property {number} opcode  without the prefix of SIMD instructions
 * @property {(random: Random, row: number) => Lanes[]} draw  draws random operands
 * @property {(...operands: Lanes[]) => Lanes[]} results  the allowed results; each lane may match any of them
 */

const ROWS = 4; // rows of operands for each instruction
const VECTOR = 16; // bytes
const SLOT = 4 * VECTOR; // up to three operands and a result

/** Time after which the optimising compiler has replaced the baseline code: engines start it, concurrently, after
 * some ten thousand iterations of a loop. V8 on a processor of 2023 has finished within this time. */
const HOT_MS = 1.5;

const EXTREMES = [-128, 127, -127, 0, -1, 1];

/** A random int8 value; every other row has extreme values only.
 * @param {Random} random
 * @param {number} row
 * @param {number} min */
function byte(random, row, min) {
  const value = row % 2 ? Math.floor(random() * 256) - 128 : EXTREMES[Math.floor(random() * 6)];
  return Math.max(value, min);
}

/** @param {(lane: number) => number} of */
const bytes = (of) => Int8Array.from({ length: 16 }, (_, i) => of(i));
/** @param {(lane: number) => number} of */
const words = (of) => Int32Array.from({ length: 4 }, (_, i) => of(i));
/** @param {(lane: number) => number} of */
const floats = (of) => Float32Array.from({ length: 4 }, (_, i) => of(i));

/** Operands of a dot product: weights, activations of 7 bits (min 0) or 8 bits (min -128), accumulators.
 * @param {number} min
 * @returns {Trial['draw']} */
const products = (min) => (random, row) => [
  bytes(() => byte(random, row, -128)),
  bytes(() => byte(random, row, min)),
  words(() => Math.floor((random() - 0.5) * 1e6)),
];

/** Dot products of groups of four bytes, plus c.
 * @param {Lanes} a
 * @param {Lanes} b
 * @param {Lanes} c
 * @param {number} [mask]  0xff if the bytes of b are unsigned */
const quadSums = (a, b, c, mask = -1) =>
  words((i) => [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * i + k] * (b[4 * i + k] & mask), c[i]));

/** Three operands with 16 significant bits, so that a product and its sum are exact in double precision.
 * @type {Trial['draw']} */
const decimals = (random) =>
  [0, 1, 2].map(() => floats(() => (Math.floor(random() * 65535) - 32768.5) / 4096));

/** Draws only the first two operands.
 * @param {Trial['draw']} draw
 * @returns {Trial['draw']} */
const two = (draw) => (random, row) => draw(random, row).slice(0, 2);

/** @type {Trial} */
const QUAD_DOT = {
  name: 'i32x4.relaxed_dot_i8x16_i7x16_add_s',
  opcode: 0x113,
  draw: products(0),
  results: (a, b, c) => [quadSums(a, b, c)],
};

/** The 32-bit dot product with 8-bit activations, which the kernels pass. The standard allows engines to read
 * them as signed or unsigned; an engine must always do the same, without saturation.
 * @type {Trial} */
const QUAD_DOT_8 = {
  ...QUAD_DOT,
  draw: products(-128),
  results: (a, b, c) => [quadSums(a, b, c), quadSums(a, b, c, 0xff)],
};

/** @type {Trial[]} */
const TRIALS = [
  {
    name: 'i16x8.relaxed_dot_i8x16_i7x16_s',
    opcode: 0x112,
    draw: two(products(0)),
    results: (a, b) => [
      Int16Array.from({ length: 8 }, (_, i) => a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]),
    ],
  },
  {
    name: 'f32x4.relaxed_madd',
    opcode: 0x105,
    draw: decimals,
    results: (a, b, c) => [floats((i) => Math.fround(a[i] * b[i]) + c[i]), floats((i) => a[i] * b[i] + c[i])],
  },
  {
    name: 'f32x4.relaxed_min',
    opcode: 0x10d,
    draw: two(decimals),
    results: (a, b) => [floats((i) => Math.min(a[i], b[i]))],
  },
  {
    name: 'f32x4.relaxed_max',
    opcode: 0x10e,
    draw: two(decimals),
    results: (a, b) => [floats((i) => Math.max(a[i], b[i]))],
  },
  {
    name: 'i8x16.relaxed_swizzle',
    opcode: 0x100,
    draw: (random, row) => [bytes(() => byte(random, row, -128)), bytes(() => Math.floor(random() * 16))],
    results: (a, b) => [bytes((i) => a[b[i]])],
  },
  {
    name: 'i32x4.relaxed_laneselect',
    opcode: 0x10b,
    draw: (random, row) => [...two(decimals)(random, row), words(() => (random() < 0.5 ? -1 : 0))],
    results: (a, b, mask) => [floats((i) => (mask[i] ? a[i] : b[i]))],
  },
  QUAD_DOT,
  QUAD_DOT_8,
];

/** Names of the tested instructions. */
export const TRIED = TRIALS.map(({ name }) => name);

/** Marsaglia's xorshift with a fixed seed, so that the operands are the same everywhere.
 * @returns {Random} */
function xorshift() {
  let state = 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

// ---- The module ---------------------------------------------------------------------------------

/** A number as LEB128.
 * @param {number} n  not negative
 * @param {number} [bits]  value bits of the last byte: 7 for unsigned, 6 for signed LEB128
 * @returns {number[]} */
const leb = (n, bits = 7) => (n < 1 << bits ? [n] : [(n & 127) | 128, ...leb(n >> 7, bits)]);
/** @param {number} id
 * @param {number[]} content */
const section = (id, ...content) => [id, ...leb(content.length), ...content];

/** A module that imports a memory and exports run(end). The memory from 0 to `end` consists of rows of slots, one
 * slot for each trial; run stores the result of each instruction at the end of its slot, after the operands.
 * @param {number[]} counts  of operands of each trial
 * @param {Uint8Array} salt  content of a custom section, different at each call, since V8 reuses the code of an
 *     identical module, which another worker may have optimised already */
function assemble(counts, salt) {
  const at = [0x20, 0x01]; // local.get 1
  const slots = TRIALS.flatMap(({ opcode }, i) => [
    ...at,
    ...Array.from({ length: counts[i] }, (_, k) => [
      ...at,
      ...[0xfd, 0x00, 0x04, ...leb(SLOT * i + VECTOR * k)], // v128.load
    ]).flat(),
    ...[0xfd, ...leb(opcode)],
    ...[0xfd, 0x0b, 0x04, ...leb(SLOT * i + SLOT - VECTOR)], // v128.store
  ]);
  const body = [
    ...[0x01, 0x01, 0x7f], // a local of type i32
    ...[0x03, 0x40], // loop
    ...slots,
    ...[...at, 0x41, ...leb(SLOT * TRIALS.length, 6), 0x6a, 0x22, 0x01], // the local += a row
    ...[0x20, 0x00, 0x49, 0x0d, 0x00], // br_if loop, while it is below `end`
    ...[0x0b, 0x0b],
  ];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, 0x01, 0x60, 0x01, 0x7f, 0x00), // types: (i32) -> ()
    ...section(2, 0x01, 0x01, 0x6d, 0x01, 0x6d, 0x02, 0x00, 0x01), // imports: memory "m" "m"
    ...section(3, 0x01, 0x00), // functions: one of that type
    ...section(7, 0x01, 0x03, 0x72, 0x75, 0x6e, 0x00, 0x00), // exports: it is "run"
    ...section(10, 0x01, ...leb(body.length), ...body), // code
    ...section(0, 0x01, 0x73, ...salt), // custom: "s"
  ]);
}

// ---- The trial ----------------------------------------------------------------------------------

/** @param {Lanes} lanes */
const bits = ({ buffer }) => new Int32Array(buffer);

/** The module; null if the engine does not know relaxed SIMD.
 * @param {Uint8Array<ArrayBuffer>} code */
function compiled(code) {
  try {
    return new WebAssembly.Module(code);
  } catch (thrown) {
    if (thrown instanceof WebAssembly.CompileError) return null;
    throw thrown;
  }
}

/** @returns {Relaxed} */
export function tryRelaxed() {
  const random = xorshift();
  const cases = Array.from({ length: ROWS * TRIALS.length }, (_, i) => {
    const trial = TRIALS[i % TRIALS.length];
    const operands = trial.draw(random, Math.floor(i / TRIALS.length));
    return { trial, at: i * SLOT, operands };
  });
  const counts = cases.slice(0, TRIALS.length).map(({ operands }) => operands.length);
  const salt = new Uint8Array(Float64Array.of(Math.random()).buffer);
  const module = compiled(assemble(counts, salt));
  if (!module) return { known: false, wrong: [], fused: false, right: false };

  const memory = new WebAssembly.Memory({ initial: 1 });
  for (const { at, operands } of cases) {
    operands.forEach((operand, k) => {
      new Int32Array(memory.buffer, at + VECTOR * k, 4).set(bits(operand));
    });
  }
  const instance = new WebAssembly.Instance(module, { m: { m: memory } });
  const run = /** @type {(end: number) => void} */ (instance.exports.run);
  const end = cases.length * SLOT;

  const checked = cases.map(({ trial, at, operands }) => ({
    trial,
    at,
    right: trial.results(...operands).map(bits),
  }));
  /** @type {Set<string>} */
  const wrong = new Set();
  let readings = [0, 1]; // of 8-bit activations: 0 signed, 1 unsigned
  function compare() {
    for (const { trial, at, right } of checked) {
      const got = new Int32Array(memory.buffer, at + SLOT - VECTOR, 4);
      if (trial === QUAD_DOT_8)
        readings = readings.filter((k) => got.every((lane, i) => lane === right[k][i]));
      else if (!got.every((lane, i) => right.some((result) => result[i] === lane))) wrong.add(trial.name);
    }
  }
  run(end);
  compare();
  if (wrong.size === 0) {
    const until = performance.now() + HOT_MS;
    while (performance.now() < until) for (let i = 0; i < 50; i++) run(end);
    compare();
  }
  const dots = !wrong.has(QUAD_DOT.name);
  const right = wrong.size === (dots ? 0 : 1);
  return { known: true, wrong: [...wrong], fused: right && dots && readings.length > 0, right };
}
