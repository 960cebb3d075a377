// Exits 0 when this Node accepts relaxed SIMD: a function that holds i8x16.relaxed_swizzle.
const module = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15,
    65, 2, 253, 15, 253, 128, 2, 11,
]);
process.exit(WebAssembly.validate(module) ? 0 : 1);
