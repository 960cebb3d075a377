#!/usr/bin/env bash
# Installs missing requirements, builds refscout, makes the site and serves it on this machine.
#
#   tools/serve.sh [--port N] [--model FILE-OR-CHECKPOINT-DIR] [--corpus FILE]
#
#   --port N      default: 8080
#   --model M     a model file, or a folder with a Hugging Face BERT checkpoint (SciBERT, for
#                 instance), which is converted first; default: the built-in model
#   --corpus F    papers as JSON or JSON Lines, also compressed by gzip or xz; default: the sample corpus
#
# The corpus is embedded once: a later start reuses the index while model and corpus are unchanged. An
# interrupted run is resumed. All files are stored under build/.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

port=8080
model=$root/weights/default.safetensors
corpus=$root/web/sample/papers.json
sample_note="These papers are a sample to try refscout with: they and their authors are invented."
work=$root/build/serve
refscout=$root/build/dist/bin/refscout

read_options() {
    while (($#)); do
        case $1 in
            -h | --help) help && exit 0 ;;
            --port | --model | --corpus)
                (($# >= 2)) || wrong_usage "$1 needs a value"
                case $1 in
                    --port) port=$2 ;;
                    --model) model=$(realpath -m -- "$2") ;;
                    --corpus) corpus=$(realpath -m -- "$2") ;;
                esac
                shift 2
                ;;
            *) wrong_usage "unknown option \"$1\"" ;;
        esac
    done
    if [[ ! $port =~ ^[0-9]{1,5}$ ]] || ((10#$port > 65535)); then
        wrong_usage "a port is a number up to 65535, not \"$port\""
    fi
    [[ -e $model ]] || fail "there is no model $model; --model names a file or a checkpoint's folder."
    [[ -f $corpus ]] || fail "there is no corpus $corpus; --corpus names a file of papers."
}

# Prints a hash of the given files' paths, sizes and times, which identifies their content as make does.
fingerprint() { find "$@" -type f -printf '%p %s %T@\n' | sort | sha256sum | cut -c 1-16; }

# Converts a checkpoint's folder into a model file; sets $model.
convert() {
    local folder=$model
    [[ -d $folder ]] || return 0
    model=$work/model-$(fingerprint "$folder").safetensors
    [[ -e $model ]] && return 0
    say "converting the checkpoint in $folder"
    "$refscout" convert "$folder" -o "$model"
}

# Makes the index; sets $index. The name of the index contains the hash of its inputs, so an index of other
# files is never used. The built-in corpus is embedded again when the program changes: that takes seconds, and
# the effect of a change is always visible.
embed() {
    local inputs=("$model" "$corpus") note=()
    [[ $corpus == "$root/web/sample/"* ]] && note=(--note "$sample_note")
    if [[ $model == "$root/weights/"* && $corpus == "$root/web/sample/"* ]]; then
        inputs+=("$refscout")
    fi
    index=$work/index-$(fingerprint "${inputs[@]}").safetensors
    [[ -e $index ]] && return 0
    say "embedding $corpus"
    "$refscout" embed --model "$model" "$corpus" -o "$index" "${note[@]}"
}

read_options "$@"
"$root/tools/build.sh"
mkdir -p "$work"
convert
embed
"$refscout" site --model "$model" --index "$index" -o "$root/build/site" >&2
exec node "$root/tools/serve.mjs" "$root/build/site" --port "$port"
