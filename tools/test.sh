#!/usr/bin/env bash
# Installs missing requirements, builds, and runs the tests.
#
#   tools/test.sh [lint] [native] [asan] [wasm] [web] [npm] [engines] [servers] [train]      (default: all)
#
#   lint     tools/lint.sh: order of the rooms, format and types of all sources
#   native   the optimised build with XNNPACK; products and networks by XNNPACK's int8 kernels too; the
#            installed library
#   asan     without XNNPACK under AddressSanitizer and UBSan, with warnings as errors; the fuzz targets
#            over their seeds and the kept corpus (tools/fuzz.sh fuzzes)
#   wasm     the same C tests as WebAssembly under Node, with baseline and with relaxed SIMD
#   web      the library, the worker and the server in Node; the page in Chromium, and the main
#            user journey in Firefox and WebKitGTK too
#   npm      the package for npm, installed into an empty folder: in Node, Deno and Bun, by TypeScript, in an
#            application that Vite builds
#   engines  one model in old and new engines, with instruction sets disabled, and on other processors under
#            QEMU: the same bits
#   servers  the site in Chromium on nginx, Apache and a dozen other static servers, at the root, below
#            a path and without the path's last slash, with and without a network
#   train    a short training run with tools/train, on synthetic papers
#
# Every step is run even if an earlier one has failed; the last line names the failed steps.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

log=$root/build/test.log
web_tests=$root/tests/web
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

run_ctest() { ctest --test-dir "$root/build/$1" --output-on-failure -j "$(nproc)"; }

test_lint() { "$root/tools/lint.sh"; }

test_native() {
    "$root/tools/build.sh" --tests native
    python3 "$root/tools/check_layers.py" "$root/build/native/src/librefscout.a"
    run_ctest native
    test_xnnpack
}

# Tests XNNPACK's int8 kernels: products, and complete networks.
test_xnnpack() {
    cd "$root"
    if [[ ! -e build/xnnpack/build.ninja ]]; then
        step "configuring xnnpack" env CC=clang-19 cmake --preset release -B build/xnnpack -DREFSCOUT_INT8_XNNPACK=ON
    fi
    step "building xnnpack" nice ninja -C build/xnnpack tests/test_linear tests/test_golden
    ctest --test-dir build/xnnpack --output-on-failure -R '^test_(linear|golden)$'
}

test_asan() {
    cd "$root"
    if [[ ! -e build/asan/build.ninja ]]; then step "configuring asan" cmake --preset asan; fi
    step "building asan" nice ninja -C build/asan
    run_ctest asan
}

test_wasm() {
    "$root/tools/build.sh" --tests wasm
    run_ctest wasm
}

test_web() {
    "$root/tools/build.sh" --tests native wasm
    install_npm "the web tests' packages" "$web_tests"
    cd "$root"
    node --test tests/web/*.test.mjs
}

test_npm() {
    "$root/tools/npm.sh"
    install_npm "the web tests' packages" "$web_tests"
    install_npm "engines" "$root/tests/engines"
    install_npm "what the npm package is tried with" "$root/tests/npm"
    cd "$root"
    node --test tests/npm/*.test.mjs
}

test_engines() {
    "$root/tools/setup.sh" engines
    "$root/tools/build.sh" native wasm
    install_npm "the web tests' packages" "$web_tests"
    install_npm "engines" "$root/tests/engines"
    cd "$root"
    if [[ ! -e build/arm64/build.ninja ]]; then step "configuring arm64" cmake --preset arm64; fi
    step "building arm64" nice ninja -C build/arm64 refscout_command
    node --test tests/engines/*.test.mjs
}

test_servers() {
    "$root/tools/setup.sh" servers
    "$root/tools/build.sh" native wasm
    install_npm "the web tests' packages" "$web_tests"
    install_npm "web servers from npm" "$root/tests/servers"
    cd "$root"
    node --test tests/servers/*.test.mjs
}

test_train() {
    "$root/tools/setup.sh" train
    "$root/tools/build.sh" native
    cd "$root"
    step "training a small model" /usr/bin/python3 tests/test_train.py build/native/src/refscout
}

# Runs in a subshell, where `set -e` is in force; see step() in shell.sh.
run_step() {
    local name=$1 start=$SECONDS status
    say "---- $name"
    set +e
    (
        set -e
        "test_$name"
    )
    status=$?
    set -e
    say "---- $name: $( ((status)) && echo FAILED || echo passed) after $((SECONDS - start)) s"
    if ((status)); then failed+=("$name"); fi
}

main() {
    local name steps=("$@")
    ((${#steps[@]})) || steps=(lint native asan wasm web npm engines servers train)
    failed=()
    "$root/tools/setup.sh" build test
    lock test
    for name in "${steps[@]}"; do run_step "$name"; done
    ((${#failed[@]} == 0)) || fail "failed: ${failed[*]}"
    say "all passed: ${steps[*]}"
}

for name in "$@"; do
    case $name in
        lint | native | asan | wasm | web | npm | engines | servers | train) ;;
        -h | --help) help && exit 0 ;;
        *) wrong_usage "unknown step \"$name\"" ;;
    esac
done
main "$@"
