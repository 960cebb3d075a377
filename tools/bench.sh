#!/usr/bin/env bash
# Measures refscout beside its peers on the same work, turn and turn about, and prints a table.
#
#   tools/bench.sh [--rounds N] [PART…]      (default: all parts, 5 rounds)
#
#   encode   a query in Chromium: our modules, onnxruntime-web and wllama, 32 to 510 tokens, 1 and 2 threads
#   native   papers a second of `refscout embed` and of onnxruntime-node
#   memory   the most that the page's process takes while it loads and searches
#   rank     scoring and ranking 5 k, 100 k and 1 M papers: our modules and library, a loop over f32, Orama
#   start    from navigation to the first ranking, everything fetched and everything kept; bytes of code
#   kernels  multiply-adds a second of the int8 products, and the share of what the processor can do
#
# The network has SciBERT's shape and seeded random weights, the same for every engine. What a peer
# needs is installed under tools/bench/node_modules; everything made lies in build/bench, the figures
# in build/bench/results.json. Leave the machine alone meanwhile.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

log=$root/build/bench.log
work=$root/build/bench
python=/usr/bin/python3
rounds=5
parts=()

make_model() {
    [[ -e $work/model.safetensors && -e $work/q8_0.gguf ]] && return 0
    "$python" -c 'import numpy, onnx' 2>/dev/null ||
        fail "Python's numpy and onnx are needed (Debian: python3-numpy python3-onnx)."
    step "making the network" "$python" "$root/tools/bench/checkpoint.py" "$work"
    step "converting it" "$root/build/dist/bin/refscout" convert "$work/checkpoint" -o "$work/model.safetensors"
    rm -r "$work/checkpoint"
}

while (($#)); do
    case $1 in
        encode | native | memory | rank | start | kernels) parts+=("$1") ;;
        --rounds)
            [[ ${2-} =~ ^[1-9][0-9]*$ ]] || wrong_usage "--rounds needs a number"
            rounds=$2
            shift
            ;;
        -h | --help) help && exit 0 ;;
        *) wrong_usage "unknown part \"$1\"" ;;
    esac
    shift
done
((${#parts[@]})) || parts=(encode start rank native memory kernels)

"$root/tools/setup.sh" build test
"$root/tools/build.sh" --tests
lock bench
mkdir -p "$work"
install_npm "the web tests' packages" "$root/tests/web"
# Without scripts: onnxruntime-node's only fetches GPU libraries.
install_npm "the peers" "$root/tools/bench" --ignore-scripts
make_model
exec node "$root/tools/bench/run.mjs" "$work" "$root/build/dist" "$rounds" "${parts[@]}"
