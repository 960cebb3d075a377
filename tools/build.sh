#!/usr/bin/env bash
# Builds refscout and assembles it under build/dist; a second run rebuilds only what has changed.
#
#   tools/build.sh [--tests] [native] [wasm]      (default: both)
#
#   native   the command refscout, optimised, in build/native
#   wasm     the four WebAssembly modules, in build/wasm
#   --tests  the tests too
#
# build/dist then contains bin/refscout and share/refscout/{web,weights,sample}; the page's files are bundled
# and minified. Missing requirements are installed first, see tools/setup.sh. CC and CXX select another
# compiler than Clang 19 for the native build when it is configured for the first time.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

log=$root/build/build.log
dist=$root/build/dist

# Relative paths, so that a clone in another folder shares the compiler cache.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

configure() {
    local preset=$1
    [[ -e $root/build/$2/build.ninja ]] && return 0
    if [[ $preset != wasm ]] && have clang-19; then
        export CC=${CC:-clang-19} CXX=${CXX:-clang++-19}
    fi
    cd "$root"
    step "configuring $2" cmake --preset "$preset"
}

# usage: build PRESET FOLDER TARGET
build() {
    local target=$3
    if ((with_tests)); then target=all; fi
    configure "$1" "$2"
    ninja -C "$root/build/$2" -n "$target" | grep -q 'no work to do' && return 0
    step "building $2" nice ninja -C "$root/build/$2" "$target"
}

# The web folder is deleted and installed again, so that removed files do not remain.
install() {
    rm -rf "$dist/share/refscout/web"
    if [[ -e $root/build/native/src/refscout ]]; then
        cmake --install "$root/build/native" --prefix "$dist" --component command
    fi
    if [[ -e $root/build/wasm/src/wasm/refscout-relaxed-threads.wasm ]]; then
        cmake --install "$root/build/wasm" --prefix "$dist" --component wasm
    fi
}

# Bundles each script with its imports, except lib/refscout.js: a page and its page/ahead.js must share one
# instance of that module.
bundle() {
    local esbuild file kept=()
    local files=(lib/refscout.js page/{main,ahead}.js
        preview/{submission-preview,frame,example_form}.js worker/main.js styles/{index,submit}.css sw.js)
    cd "$dist/share/refscout/web"
    [[ -e index.html ]] || return 0 # index.html is installed with the command
    install_npm "esbuild" "$root/tools/bundle"
    if ! esbuild=$(compgen -G "$root/tools/bundle/node_modules/@esbuild/*/bin/esbuild"); then
        fail "there is no esbuild for this machine, without which the service worker cannot be put together."
    fi
    esbuild() { "$esbuild" "$@" --minify --allow-overwrite --log-level=warning; }
    for file in page/main.js preview/frame.js; do # one by one: paths of external modules depend on the folder
        esbuild "$file" --bundle --format=esm --outfile="$file" \
            --external:./lib/refscout.js --external:./page/ahead.js
    done
    esbuild lib/refscout.js preview/{submission-preview,example_form}.js worker/main.js styles/{index,submit}.css \
        --bundle --format=esm --outdir=. --outbase=.
    esbuild sw.js --bundle --format=iife --outdir=. --outbase=. # registered as a classic script
    esbuild page/ahead.js --outdir=. --outbase=.
    if compgen -G "wasm/*.js" >/dev/null; then
        esbuild wasm/*.js --format=esm --outdir=. --outbase=.
    fi
    for file in "${files[@]}"; do kept+=(! -path "$file"); done
    find lib page preview shared styles worker -type f "${kept[@]}" -delete
    find lib page preview shared styles worker -type d -empty -delete
}

main() {
    local part
    "$root/tools/setup.sh" build
    lock build
    for part in "${parts[@]}"; do
        case $part in
            native) build release native refscout_command ;;
            wasm) build wasm wasm refscout_modules ;;
        esac
    done
    install >"$log" 2>&1 || fail "putting build/dist together failed; see $log."
    bundle
}

with_tests=0
parts=()
for part in "$@"; do
    case $part in
        native | wasm) parts+=("$part") ;;
        --tests) with_tests=1 ;;
        -h | --help) help && exit 0 ;;
        *) wrong_usage "unknown part \"$part\"" ;;
    esac
done
((${#parts[@]})) || parts=(native wasm)
main
