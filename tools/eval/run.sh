#!/usr/bin/env bash
# The table of docs/evaluation.md: makes the data, embeds the papers, measures.
#
#   tools/eval/run.sh MODEL FOLDER [OUT]
#
# FOLDER holds the collections that make_data.py names; OUT (build/eval) keeps what is made, and the same
# command goes on where it was interrupted; an index of the same model is taken as it is. REFSCOUT is the command to use (build/dist/bin/refscout).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
refscout=${REFSCOUT:-$root/build/dist/bin/refscout}

if (($# < 2 || $# > 3)); then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
model=$1 folder=$2 out=${3:-$root/build/eval}

# embed TEXT CORPUS: makes the index unless it is there and the model's own.
embed() {
    local index=$out/$2.safetensors
    "$refscout" search --model "$model" --index "$index" --text x >/dev/null 2>&1 && return 0
    "$refscout" embed --model "$model" --text "$1" --store int8 "$out/$2.jsonl" -o "$index" >&2
}

# measure CORPUS DATA
measure() {
    printf '\n# %s\n\n' "$2"
    "$refscout" eval --model "$model" --index "$out/$1.safetensors" "$out/$2.json"
}

python3 "$root/tools/eval/make_data.py" "$folder" "$out" >&2
embed title-abstract scifact
embed abstract held-out
for data in scifact-claims scifact-claims-even scifact-claims-odd; do measure scifact $data; done
for data in held-out-titles held-out-authors; do measure held-out $data; done
