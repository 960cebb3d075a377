#!/usr/bin/env bash
# refscout convert and refscout inspect as a user meets them: test_convert_command.sh REFSCOUT, in
# tests/. Exit codes, one sentence on stderr, and nothing written when it fails.
set -euo pipefail

refscout=$1
golden=golden/checkpoints
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
failures=0

complain() {
    echo "test_convert_command: $*" >&2
    failures=$((failures + 1))
}

# expect CODE WORDS ARGUMENT…: runs refscout; the words stand in what it prints on either stream.
expect() {
    local want=$1 words=$2 code=0
    shift 2
    "$refscout" "$@" >"$place/stdout" 2>"$place/stderr" || code=$?
    [[ $code == "$want" ]] || complain "$* gives $code, not $want: $(cat "$place/stderr")"
    grep -qF -- "$words" "$place/stdout" "$place/stderr" || complain "$* does not say: $words"
    # A failure is one sentence on stderr, beginning with the command's name.
    if [[ $want != 0 ]]; then
        [[ $(grep -c "^refscout $1: " "$place/stderr") == 1 ]] || complain "$*: not one sentence"
    fi
}

sums() { (cd "$place" && find . -type f ! -name 'std*' -exec sha256sum {} + | sort); }

model=$place/model.safetensors
expect 0 "2 layers x 32, 116 tokens, int8 weights, cls pooling, at most 40 tokens" convert "$golden/tiny-zip" -o "$model"
grep -qF "cls.predictions.decoder.weight" "$place/stderr" || complain "the unused heads are not named"
sum=$(sha256sum <"$model" | cut -d' ' -f1)
grep -qF "$sum" "$place/stdout" || complain "the summary has not the file's SHA-256"
expect 0 "f32 weights, mean pooling, at most 12 tokens" \
    convert "$golden/tiny-f16" -o "$model.f32" --weights f32 --pool mean --max-tokens=12 --name N --note "not trained"

# Pooling and length are what sentence-transformers saved; an option wins, and a note says so.
sentence=$place/sentence
mkdir -p "$sentence/1_Pooling"
cp "$golden/tiny-safetensors"/{config.json,vocab.txt,model.safetensors} "$sentence"
module() { printf '{"type": "sentence_transformers.models.%s", "path": "%s"}' "$1" "$2"; }
modules() { printf '[%s, %s%s]' "$(module Transformer '')" "$(module Pooling 1_Pooling)" "${1:+, $1}" >"$sentence/modules.json"; }
pooling() { printf '{"pooling_mode": %s}' "$1" >"$sentence/1_Pooling/config.json"; }
modules "$(module Normalize 2_Normalize)"
pooling '"mean"'
printf '{"max_seq_length": 16}' >"$sentence/sentence_bert_config.json"
said="pooling as 1_Pooling/config.json says, length as sentence_bert_config.json says"
expect 0 "$said" convert "$sentence" -o "$place/st" --name N
expect 0 "mean pooling, at most 16 tokens" convert "$sentence" -o "$place/st" --name N
expect 0 "pooling by --pool, length by --max-tokens" \
    convert "$golden/tiny-safetensors" -o "$place/options" --name N --pool mean --max-tokens 16
cmp -s "$place/st" "$place/options" || complain "the folder's settings give another model than the same options"
expect 0 "specifies mean pooling; with --pool cls the vectors are not" convert "$sentence" -o "$place/st" --pool cls
expect 0 "cls pooling, at most 16 tokens" convert "$sentence" -o "$place/st" --pool cls
expect 0 "specifies at most 16 tokens; the model was not made for the further ones of --max-tokens 17" convert "$sentence" -o "$place/st" --max-tokens 17
expect 0 "mean pooling, at most 8 tokens" convert "$sentence" -o "$place/st" --max-tokens 8
grep -qF "adds" "$place/stderr" && complain "a note about a shorter length"
expect 0 "pooling by default ([CLS], since the checkpoint does not specify it" convert "$golden/tiny-zip" -o "$place/st"
printf '{"prompts": {"query": "query: "}, "truncate_dim": 8}' >"$sentence/config_sentence_transformers.json"
expect 0 "truncates embeddings to 8 numbers; all 32 are kept" convert "$sentence" -o "$place/st"
grep -qF "refscout adds none" "$place/stderr" || complain "the prompts are not named"
pooling '["mean", "max"]'
expect 1 "1_Pooling/config.json: mean and max pooling is not supported, only cls and mean" convert "$sentence" -o "$place/st2"
expect 0 "specifies mean and max pooling; with --pool mean" convert "$sentence" -o "$place/st" --pool mean
modules "$(module Dense 2_Dense)"
expect 1 "module 2 is Dense: the embedding is not BERT alone" convert "$sentence" -o "$place/st2"
[[ -e $place/st2 ]] && complain "a model was written of what was refused"

# What fails leaves the old file as it was, and no other.
mkdir "$place/empty"
cp -r "$golden/tiny-legacy" "$place/cut"
cp -r "$golden/tiny-legacy" "$place/whole"
head -c 60000 "$golden/tiny-legacy/pytorch_model.bin" >"$place/cut/pytorch_model.bin"
before=$(sums)
expect 1 "config.json: not found" convert "$place/empty" -o "$model"
expect 1 "the file is cut off in storage" convert "$place/cut" -o "$model"
expect 1 "this network takes 2 to 40" convert "$golden/tiny-zip" -o "$model" --max-tokens 41
expect 1 "cannot be written" convert "$golden/tiny-zip" -o "$place/no/where"
expect 1 "is the checkpoint itself" convert "$place/whole" -o "$place/empty/../whole/pytorch_model.bin"
expect 2 "-o MODEL is missing" convert "$golden/tiny-zip"
expect 2 "one checkpoint folder is expected" convert -o "$model"
expect 2 "takes one of int8, f32" convert "$golden/tiny-zip" -o "$model" --weights int4
expect 0 "usage: refscout convert" convert --help
[[ $(sums) == "$before" ]] || complain "a failed convert has left something"

expect 0 "$sum" inspect "$model"
expect 0 "layer.1.up.input_scale" inspect "$model"
expect 0 '"max_tokens":	12' inspect "$model.f32" --json
expect 0 '"note":	"not trained"' inspect --json "$model.f32"
expect 0 "kind                        safetensors" inspect "$golden/wide/model.safetensors"
expect 1 "not a safetensors file" inspect "$golden/tiny-zip/pytorch_model.bin"
expect 1 "cannot be opened" inspect "$place/nothing"
# What a file says must not reach the terminal as more than text.
header='{"a":{"dtype":"X\u001b[2J","shape":[0],"data_offsets":[0,0]}}'
printf '%b\0\0\0\0\0\0\0%s' "\\0$(printf %o ${#header})" "$header" >"$place/escapes"
expect 0 "X?[2J" inspect "$place/escapes"
# The self-test: convert has computed it in plain C, every start compares what this processor gives.
expect 0 "self_test                   passed" inspect "$model"
expect 0 "self_test                   none in the file" inspect "$model.f32"
sed 's/\(self_test_sha256":"\)[0-9a-f]\{8\}/\100000000/' "$model" >"$model.changed"
expect 1 "the self-test failed with" encode --model "$model.changed" </dev/null
expect 1 "the self-test failed with" inspect "$model.changed"
expect 0 "embedding" encode --no-self-test --model "$model.changed" <<<"cells"
head -c 20000 "$model" >"$model.cut"
expect 1 "outside the file" inspect "$model.cut"
expect 2 "one file is expected" inspect

exit $((failures > 0))
