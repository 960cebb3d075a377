#!/usr/bin/env bash
# What `cmake --install` gives, as somebody meets it who has nothing else of refscout: in an empty folder, which is
# moved, the example is built and run by pkg-config and by find_package, from C and from C++, shared and static.
#
#   test_install.sh BUILD CMAKE CC CXX
set -euo pipefail

build=$1 cmake=$2 CC=$3 CXX=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "test_install: $*" >&2
    exit 1
}

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" || fail "$(<"$work/log")"
mv "$work/first" "$work/moved"
prefix=$work/moved
shared=$(find "$prefix" -name librefscout.so)
lib=${shared%/*}
header=$prefix/include/refscout.h
[[ $(ls "$prefix/include") == refscout.h ]] || fail "include/ holds $(ls "$prefix/include")"

# What the header declares is what both libraries show, and nothing else.
sed -n 's/^RS_API.*[ *]\(rs_[a-z0-9_]*\)(.*/\1/p' "$header" | LC_ALL=C sort >"$work/declared"
[[ -s $work/declared ]] || fail "no function was found in refscout.h"
[[ $(grep -c ^RS_API "$header") == $(wc -l <"$work/declared") ]] || fail "a function of refscout.h was not read"
nm -D --defined-only "$shared" | awk '{ print $3 }' | LC_ALL=C sort | diff "$work/declared" - ||
    fail "librefscout.so shows other symbols than refscout.h declares"
nm --extern-only --defined-only "$lib/librefscout.a" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort |
    diff "$work/declared" - || fail "librefscout.a shows other symbols than refscout.h declares"

# The command's manual and completions are there, each where its reader looks.
for name in man/man1/refscout.1 bash-completion/completions/refscout zsh/site-functions/_refscout \
    fish/vendor_completions.d/refscout.fish; do
    [[ -s $prefix/share/$name ]] || fail "share/$name is missing"
done
cmp "$prefix/share/man/man1/refscout.1" <("$prefix/bin/refscout" help man) || fail "the manual is another command's"

# The header needs nothing before it.
warnings=(-Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -fsyntax-only)
printf '#include <refscout.h>\n' >"$work/alone.c"
cp "$work/alone.c" "$work/alone.cpp"
"$CC" -std=c11 "${warnings[@]}" -I "$prefix/include" "$work/alone.c"
"$CXX" -std=c++17 "${warnings[@]/-Wstrict-prototypes/-Wshadow}" -I "$prefix/include" "$work/alone.cpp"

# No file of the installation knows where it was built or where it lay.
if grep -rIl -e "$work/first" -e "$(realpath "$build")" "$prefix"; then fail "these files hold folders of this machine"; fi

# Files for the example, by the command; its answer is what the example must print.
refscout=$prefix/bin/refscout
model=$work/model index=$work/index
"$refscout" convert "$root/tests/golden/checkpoints/tiny-bf16" -o "$model" >/dev/null
printf '%s\n' '{"title": "One", "abstract": "Place cells of the hippocampus.", "authors": ["Ada Lovelace"]}' \
    '{"title": "Two", "abstract": "Grid cells and sleep.", "authors": ["Li Na"], "year": 2020}' >"$work/papers.jsonl"
"$refscout" embed --model "$model" "$work/papers.jsonl" -o "$index" >/dev/null
text="Sleep and the hippocampus."
wanted=$("$refscout" search --model "$model" --index "$index" --json --text "$text")

# The command finds its pages beside itself; the modules are not built here.
"$refscout" site --model "$model" --index "$index" -o "$work/site" 2>"$work/log" &&
    fail "a site was written without WebAssembly modules"
grep -q "$prefix/bin/../share/refscout/web/wasm/" "$work/log" || fail "refscout site said: $(<"$work/log")"

# usage: runs PROGRAM shared|static
runs() {
    local got
    got=$(printf '%s' "$text" | LD_LIBRARY_PATH=$([[ $2 == static ]] || echo "$lib") "$1" "$model" "$index")
    [[ $got == "$wanted" ]] || fail "$1 printed $got, not $wanted"
    if [[ $2 == static ]] && ldd "$1" 2>/dev/null | grep -q refscout; then fail "$1 still needs librefscout.so"; fi
    return 0
}

export PKG_CONFIG_PATH=$lib/pkgconfig
[[ "refscout $(pkg-config --modversion refscout)" == "$("$refscout" --version)" ]] || fail "refscout.pc is of another version"
read -ra flags < <(pkg-config --cflags --libs refscout)
read -ra static < <(pkg-config --static --cflags --libs refscout)
example=$root/examples/search.c
cp "$example" "$work/search.cpp"
strict=(-Wall -Wextra -Wpedantic -Werror)
"$CC" -std=c11 "${strict[@]}" "$example" "${flags[@]}" -o "$work/c-shared"
"$CC" -std=c11 "${strict[@]}" -static "$example" "${static[@]}" -o "$work/c-static"
"$CXX" -std=c++17 "${strict[@]}" "$work/search.cpp" "${flags[@]}" -o "$work/cxx-shared"
"$CXX" -std=c++17 "${strict[@]}" -static "$work/search.cpp" "${static[@]}" -o "$work/cxx-static"
for program in c-shared c-static cxx-shared cxx-static; do runs "$work/$program" "${program#*-}"; done
"$CC" -std=c11 "${strict[@]}" "$here/version.c" "${flags[@]}" -o "$work/version"
LD_LIBRARY_PATH=$lib "$work/version" || fail "the version's macros and functions differ"

unset PKG_CONFIG_PATH
mkdir "$work/user"
"$cmake" -S "$here" -B "$work/user" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" \
    -DCMAKE_CXX_COMPILER="$CXX" -DEXAMPLE="$example" >"$work/log" 2>&1 || fail "$(<"$work/log")"
"$cmake" --build "$work/user" >"$work/log" 2>&1 || fail "$(<"$work/log")"
for program in c-shared c-static cxx-shared cxx-static; do runs "$work/user/$program" "${program#*-}"; done
