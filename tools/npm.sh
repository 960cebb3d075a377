#!/usr/bin/env bash
# Makes the npm package, build/npm/refscout-VERSION.tgz: the library with its worker and the four
# WebAssembly modules, not bundled, and TypeScript declarations generated from the comments.
#
#   tools/npm.sh
#
# Missing requirements are installed and built first.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

log=$root/build/npm.log
out=$root/build/npm
package=$out/package

# The threads of a module run the module's own script. Emscripten refers to it by its file name, which a
# bundler changes; it is replaced by import.meta.url.
copy_modules() {
    local from=$root/build/dist/share/refscout/web/wasm name line
    mkdir -p "$package/wasm"
    cp "$from"/*.wasm "$package/wasm/"
    for name in refscout-{simd,relaxed}{,-threads}.js; do
        line="new URL(\"$name\",import.meta.url)"
        if [[ $name == *-threads.js ]] && ! grep -qF "new Worker($line" "$from/$name"; then
            fail "$from/$name does not start its threads by $line; see copy_modules in tools/npm.sh."
        fi
        sed "s|new Worker(new URL(\"$name\",import.meta.url)|new Worker(new URL(import.meta.url)|" "$from/$name" >"$package/wasm/$name"
    done
}

# Copies only the declarations that are reachable from the package's entry points.
copy_types() {
    local types=$out/types name
    "$root/tests/web/node_modules/.bin/tsc" -p "$root/web/jsconfig.page.json" --noEmit false --declaration \
        --emitDeclarationOnly --rootDir "$root/web" --outDir "$types"
    for name in lib/refscout lib/thread shared/messages shared/options; do cp "$types/$name.d.ts" "$package/$name.d.ts"; done
}

put_together() {
    local version
    version=$(sed -n 's/^#define RS_VERSION "\(.*\)"/\1/p' "$root/src/refscout.h")
    rm -rf "$out"
    mkdir -p "$package/lib"
    cp "$root"/web/lib/{refscout,thread}.js "$package/lib/"
    cp -r "$root"/web/{shared,worker} "$package/"
    cp "$root/LICENSE" "$root/tools/npm/README.md" "$package/"
    sed "s/^  \"name\": .*/&\n  \"version\": \"$version\",/" "$root/tools/npm/package.json" >"$package/package.json"
    copy_modules
    copy_types
    cd "$out"
    npm pack --silent --pack-destination "$out" "$package"
}

for arg in "$@"; do
    case $arg in
        -h | --help) help && exit 0 ;;
        *) wrong_usage "unexpected argument \"$arg\"" ;;
    esac
done
"$root/tools/build.sh" native wasm
install_npm "the web tests' packages" "$root/tests/web"
step "putting the npm package together" put_together
say "$(compgen -G "$out/refscout-*.tgz")"
