#!/usr/bin/env python3
"""Writes the checkpoint of the built-in model: a small BERT with seeded random weights, not trained.

    tools/gen/random_model.py OUT_DIR CORPUS.json...
    refscout convert OUT_DIR -o weights/default.safetensors --pool mean --name … --note …

The vocabulary is the words that stand twice or more in the corpora, and every letter, so that any
text can be spelled. Random vectors of different words are nearly at right angles, so the mean over
a text's tokens knows which words it holds, and nothing of what they mean. Words are drawn towards
one common direction the more often they occur in the corpora; that is all the knowledge there is.
Standard library only.
"""

import collections
import json
import math
import pathlib
import random
import re
import struct
import sys

SEED, LAYERS, HIDDEN, FFN, HEADS, POSITIONS = 20261123, 2, 128, 256, 4, 512
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789") + list("αβγδ")
SIGNS = list(".,;:()[]-–+*/%'\"=<>~&?!")
ENDINGS = ["##" + e for e in "s es ed ing ly al ic ity ation ion er or ness ment ive ous able ine ism".split()]


def word_counts(paths):
    counts = collections.Counter()
    for path in paths:
        for record in json.loads(pathlib.Path(path).read_text(encoding="utf-8")):
            text = record["title"] + " " + (record.get("abstract") or "")
            counts.update(re.findall(r"[a-z]+", text.lower()))
    return counts


def main():
    out = pathlib.Path(sys.argv[1])
    counts = word_counts(sys.argv[2:])
    words = sorted(w for w, n in counts.items() if n >= 2 and len(w) > 1)
    vocab = list(dict.fromkeys(SPECIALS + SIGNS + LETTERS + ["##" + c for c in LETTERS] + ENDINGS + words))
    rng = random.Random(SEED)
    total = sum(counts.values())

    def normal(n, std, mean=0.0):
        return [rng.gauss(mean, std) for _ in range(n)]

    def word_scale(token):
        # 1 for a word of one in a thousand or rarer, towards 0 for the commonest; pieces in between.
        share = counts[token] / total if token in counts else 0.1 if token in SPECIALS + SIGNS else 0.002
        return min(1.0, (0.001 / share) ** 0.75)

    state = {}

    def put(name, shape, values):
        state["bert." + name] = (shape, values)

    common = normal(HIDDEN, 0.3)
    put("embeddings.word_embeddings.weight", [len(vocab), HIDDEN],
        [x for t in vocab for x in normal(HIDDEN, word_scale(t))])
    put("embeddings.position_embeddings.weight", [POSITIONS, HIDDEN], normal(POSITIONS * HIDDEN, 0.01))
    put("embeddings.token_type_embeddings.weight", [2, HIDDEN], common + [0.0] * HIDDEN)
    norms = ["embeddings.LayerNorm"]
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}."
        for name, n, k in (("attention.self.query", HIDDEN, HIDDEN), ("attention.self.key", HIDDEN, HIDDEN),
                           ("attention.self.value", HIDDEN, HIDDEN), ("attention.output.dense", HIDDEN, HIDDEN),
                           ("intermediate.dense", FFN, HIDDEN), ("output.dense", HIDDEN, FFN)):
            put(layer + name + ".weight", [n, k], normal(n * k, 0.02))
            put(layer + name + ".bias", [n], [0.0] * n)
        norms += [layer + "attention.output.LayerNorm", layer + "output.LayerNorm"]
    for name in norms:
        put(name + ".weight", [HIDDEN], [1.0] * HIDDEN)
        put(name + ".bias", [HIDDEN], [0.0] * HIDDEN)
    # Every text points along `common`; the last bias takes the usual amount of it away again, or all
    # texts would look alike. A token of scale s keeps length/sqrt(length^2 + s^2) of it.
    length = math.sqrt(sum(x * x for x in common) / HIDDEN)
    usual = sum(n / total * length / math.hypot(length, word_scale(w)) for w, n in counts.items())
    put(norms[-1] + ".bias", [HIDDEN], [-usual * x / length for x in common])

    out.mkdir(parents=True, exist_ok=True)
    (out / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    (out / "config.json").write_text(json.dumps({
        "model_type": "bert", "hidden_size": HIDDEN, "intermediate_size": FFN, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "max_position_embeddings": POSITIONS, "vocab_size": len(vocab),
        "hidden_act": "gelu", "layer_norm_eps": 1e-12, "type_vocab_size": 2}, indent=2) + "\n")
    header, at = {}, 0
    for name, (shape, values) in state.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + 4 * len(values)]}
        at += 4 * len(values)
    text = json.dumps(header).encode()
    with open(out / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, values in state.values():
            file.write(struct.pack(f"<{len(values)}f", *values))
    print(f"{out}: {len(vocab)} tokens, {LAYERS} layers of {HIDDEN}")


main()
