#!/usr/bin/env bash
# Benchmarks refscout and comparable programs on the same work, alternating between them, and prints a table.
#
#   tools/bench.sh [--rounds N] [PART…]      (default: all parts, 5 rounds)
#
#   encode   a query in Chromium: our modules, onnxruntime-web and wllama, 32 to 510 tokens, 1 and 2 threads
#   native   papers per second of `refscout embed` and of onnxruntime-node
#   memory   peak memory of the page's process while it loads and searches
#   rank     scoring and ranking 5 k, 100 k and 1 M papers: our modules and library, a loop over f32, Orama
#   start    from navigation to the first ranking, with an empty and a full cache; bytes of code
#   kernels  multiply-adds per second of the int8 products, and as a fraction of the processor's peak
#
# The network has SciBERT's shape and seeded random weights, the same for every engine. The other programs
# are installed under tools/bench/node_modules; all output is in build/bench, the results in
# build/bench/results.json. Nothing else should run on the machine meanwhile.
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
# Without install scripts: that of onnxruntime-node only downloads GPU libraries.
install_npm "the peers" "$root/tools/bench" --ignore-scripts
make_model
exec node "$root/tools/bench/run.mjs" "$work" "$root/build/dist" "$rounds" "${parts[@]}"
