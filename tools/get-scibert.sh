#!/usr/bin/env bash
# Downloads SciBERT, or another BERT, from the Hugging Face hub and converts it into a model file.
#
#   tools/get-scibert.sh [scibert|specter|scincl|OWNER/NAME] [-o FILE] [--revision R]
#                        [--weights int8|f32] [--pool cls|mean]
#
#   -o FILE         default: NAME.safetensors in this folder
#   --revision R    a branch, a tag or a commit; default: main
#   --weights W     as in refscout convert; default: int8
#   --pool P        as in refscout convert; default: as specified by the repository, else cls
#
# An interrupted download is resumed, and every file is verified against the hub's hash. Files are stored
# in the hub's cache (HF_HOME), which other programs share, and reused from there. HF_ENDPOINT,
# HF_HUB_CACHE, HF_HUB_OFFLINE, HF_TOKEN and http_proxy have their standard meaning. REFSCOUT is the path of
# the command that converts; by default it is built.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

name=
output=
weights=int8
pool=
fetch=()
while (($#)); do
    case $1 in
        -h | --help) help && exit 0 ;;
        -o | --weights | --revision | --pool | --pause)
            (($# >= 2)) || wrong_usage "$1 needs a value"
            case $1 in
                -o) output=$2 ;;
                --weights) weights=$2 ;;
                --pool) pool=$2 ;;
                *) fetch+=("$1" "$2") ;;
            esac
            shift 2
            ;;
        -*) wrong_usage "unknown option \"$1\"" ;;
        *)
            [[ -z $name ]] || wrong_usage "one model at a time, not \"$name\" and \"$1\""
            name=$1
            shift
            ;;
    esac
done
name=${name:-scibert}
output=${output:-${name##*/}.safetensors}
[[ $weights == int8 || $weights == f32 ]] || wrong_usage "--weights takes int8 or f32, not \"$weights\""
[[ -z $pool || $pool == cls || $pool == mean ]] || wrong_usage "--pool takes cls or mean, not \"$pool\""
folder=$(dirname -- "$output")
[[ -d $folder && -w $folder && ! -d $output ]] || fail "$output cannot be written there; -o names another file."

refscout=${REFSCOUT:-}
if [[ -z $refscout ]]; then
    "$root/tools/build.sh" native
    refscout=$root/build/dist/bin/refscout
fi
have python3 || fail "python3 is missing; tools/setup.sh installs it."

fetched=$(python3 "$root/tools/fetch/checkpoint.py" "$name" "${fetch[@]}")
{
    read -r checkpoint
    read -r repository
    read -r commit
    read -r text
} <<<"$fetched"

"$refscout" convert "$checkpoint" -o "$output" --weights "$weights" ${pool:+--pool "$pool"} --name "$repository" \
    --note "From the Hugging Face hub: $repository, commit $commit."
say "next, with papers from tools/get-biorxiv.sh or your own:
    $refscout embed --model $output --text $text papers.jsonl -o papers.safetensors
    $refscout site --model $output --index papers.safetensors -o public/"
