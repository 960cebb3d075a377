#!/usr/bin/env bash
# Fuzzes the readers of untrusted files, and keeps the inputs that increase coverage. See docs/fuzzing.md.
#
#   tools/fuzz.sh [READER] [SECONDS]    one reader, or each in turn, for SECONDS each (60)
#   tools/fuzz.sh --list                the readers
#   tools/fuzz.sh --coverage [READER]   line coverage of each reader's sources by seeds and kept corpus
#
# A run begins with the seeds and the kept corpus. Ctrl-C ends it early; all inputs found are stored in
# build/fuzz/corpus/READER, and a minimal set of files with the same coverage is copied to
# tests/fuzz/corpus/READER. An input on which a reader fails is stored in build/fuzz/findings/.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

log=$root/build/fuzz.log
fuzz=$root/build/fuzz coverage=$root/build/coverage
kept=$root/tests/fuzz/corpus
# Limits that every seed fits; a reader that needs more time or memory for so small an input has a defect.
limits=(-max_len=32768 -timeout=25 -rss_limit_mb=4096)
# Maximum bytes of a reader's kept files in the repository; of a larger set the smallest files are kept.
kept_bytes=100000
interrupted=

build() {
    local preset=$1
    cd "$root"
    step "configuring $preset" cmake --preset "$preset"
    step "building $preset" nice ninja -C "build/$preset" fuzzers
    step "making seeds" env LLVM_PROFILE_FILE=/dev/null \
        "build/$preset/tests/make_fuzz_seeds" "build/$preset/tests/fuzz_seeds"
}

readers() { cut -f 1 "$1/tests/fuzzers.txt"; }

# usage: field PRESET'S_FOLDER READER COLUMN
field() { awk -F '\t' -v name="$2" -v column="$3" '$1 == name { print $column }' "$1/tests/fuzzers.txt"; }

inputs_of() {
    local folders
    read -ra folders <<<"$(field "$1" "$2" 2)"
    printf '%s\n' "${folders[@]}"
}

# ---------------------------------------------------------------- a run

# Prints libFuzzer's last progress line: "#4096 NEW cov: 812 ft: 2040 corp: 200/31Kb …"
show_progress() {
    local name=$1 start=$2 seconds=$3 line
    line=$(grep -a ' cov: ' "$log" | tail -n 1 || true)
    [[ $line =~ ^'#'([0-9]+).*' cov: '([0-9]+).*' corp: '([0-9]+) ]] || return 0
    say "$name: $((SECONDS - start)) of $seconds s, ${BASH_REMATCH[1]} inputs tried," \
        "${BASH_REMATCH[3]} kept, ${BASH_REMATCH[2]} edges"
}

# libFuzzer ends when the time is over or it was interrupted.
run_target() {
    local name=$1 seconds=$2 start=$SECONDS status=0 target folders arguments
    mapfile -t folders < <(inputs_of "$fuzz" "$name")
    arguments=("${limits[@]}" "-max_total_time=$seconds" "-artifact_prefix=$fuzz/findings/$name-"
        "-dict=$root/tests/fuzz/dictionaries/$name.dict")
    mkdir -p "$fuzz/findings" "$fuzz/corpus/$name"
    nice "$fuzz/tests/fuzz_$name" "${arguments[@]}" "$fuzz/corpus/$name" "${folders[@]}" >"$log" 2>&1 &
    target=$!
    trap 'interrupted=1; kill -INT "$target" 2>/dev/null || true' INT
    while kill -0 "$target" 2>/dev/null; do
        for ((i = 0; i < 10; i++)); do
            sleep 1 || true
            kill -0 "$target" 2>/dev/null || break
        done
        show_progress "$name" "$start" "$seconds"
    done
    wait "$target" || status=$?
    trap - INT
    if [[ -n $interrupted ]]; then
        say "$name: interrupted; what was found is kept"
    elif ((status)); then
        tail -n 40 "$log" >&2
        fail "$name: a finding, in $fuzz/findings/; docs/fuzzing.md says what to do with it."
    fi
}

# Seeds count as kept, so only files with coverage beyond theirs are added. Without counters, so that a file
# is kept for a new edge, not for another number of passes along a known edge.
keep_corpus() {
    local name=$1 merged=$fuzz/merged folder folders from=() file size sum=0
    rm -rf "$merged"
    mkdir -p "$merged/seeds" "$merged/all" "$kept/$name"
    mapfile -t folders < <(inputs_of "$fuzz" "$name")
    for folder in "${folders[@]}"; do
        if [[ $folder == "$kept/$name" ]]; then continue; fi
        find "$folder" -type f -exec cp -t "$merged/seeds" {} +
    done
    cp -r "$merged/seeds/." "$merged/all"
    for folder in "$fuzz/corpus/$name" "$kept/$name"; do
        if [[ -d $folder ]]; then from+=("$folder"); fi
    done
    step "$name: choosing what is kept" nice "$fuzz/tests/fuzz_$name" "${limits[@]}" \
        -set_cover_merge=1 -use_counters=0 "$merged/all" "${from[@]}"
    find "$kept/$name" -type f -delete
    while read -r size file; do
        if [[ -e $merged/seeds/$file ]]; then continue; fi
        if (((sum += size) > kept_bytes)); then break; fi
        cp "$merged/all/$file" "$kept/$name"
    done < <(find "$merged/all" -type f -printf '%s %f\n' | sort -n)
    rmdir --ignore-fail-on-non-empty "$kept/$name"
    rm -rf "$merged"
}

# ---------------------------------------------------------------- coverage

# Runs a reader on all its inputs in the repository and prints llvm-cov's result: "lines reached per-cent".
measure() {
    local name=$1 raw=$coverage/$1.profraw data=$coverage/$1.profdata folders sources functions
    mapfile -t folders < <(inputs_of "$coverage" "$name")
    read -ra sources <<<"$(field "$coverage" "$name" 3)"
    functions=$(field "$coverage" "$name" 4)
    LLVM_PROFILE_FILE=$raw nice "$coverage/tests/fuzz_$name" -runs=0 "${folders[@]}" >"$log" 2>&1 ||
        fail "$name fails on an input that is kept; the output is in $log."
    llvm-profdata-19 merge -sparse "$raw" -o "$data"
    llvm-cov-19 report "$coverage/tests/fuzz_$name" -instr-profile "$data" -show-functions \
        "${sources[@]/#/$root/src/}" |
        awk -v only=" $functions " '
            # Name Regions Miss Cover Lines Miss Cover …; a static function is prefixed by its file.
            NF >= 7 && $2 ~ /^[0-9]+$/ && $1 != "TOTAL" {
                sub(/.*:/, "", $1)
                if (only != "  " && !index(only, " " $1 " ")) next
                lines += $5
                missed += $6
            }
            END { printf "%d %d %.0f\n", lines, lines - missed, 100 * (lines - missed) / lines }'
}

table() {
    local name lines reached share
    echo "| reader | its sources | lines | reached | |"
    echo "|---|---|---|---|---|"
    for name in "$@"; do
        read -r lines reached share < <(measure "$name")
        echo "| $name | $(field "$coverage" "$name" 3) | $lines | $reached | $share % |"
    done
}

# ---------------------------------------------------------------- main

main() {
    local name names seconds=60
    if [[ ${1-} == --coverage ]]; then
        build coverage
        if (($# > 1)); then mapfile -t names <<<"$2"; else mapfile -t names < <(readers "$coverage"); fi
        table "${names[@]}"
        return
    fi
    build fuzz
    mapfile -t names < <(readers "$fuzz")
    if [[ ${1-} == --list ]]; then
        printf '%s\n' "${names[@]}"
        return
    fi
    if (($#)) && [[ $1 != *[!0-9]* ]]; then
        seconds=$1
    elif (($#)); then
        [[ " ${names[*]} " == *" $1 "* ]] || wrong_usage "there is no reader \"$1\"; there are: ${names[*]}"
        names=("$1")
        seconds=${2-60}
    fi
    [[ $seconds != *[!0-9]* ]] || wrong_usage "\"$seconds\" is no number of seconds"
    for name in "${names[@]}"; do
        run_target "$name" "$seconds"
        keep_corpus "$name"
        if [[ -n $interrupted ]]; then return 130; fi
    done
    main --coverage "${names[@]:0:$((${#names[@]} == 1))}"
}

case ${1-} in
    -h | --help) help && exit 0 ;;
    --coverage | --list | [!-]* | '') ;;
    *) wrong_usage "unknown option \"$1\"" ;;
esac
"$root/tools/setup.sh" build fuzz
lock fuzz
main "$@"
