#!/usr/bin/python3
"""Writes the tiny BERT checkpoints beside this file and what PyTorch computes with them.

    /usr/bin/python3 tests/golden/make_checkpoints.py

Made with Debian's python3-torch 1.13.0 and python3-numpy 1.24.2, seed 20240613; the same versions
give the same bytes, except that the legacy format names its storages by address.

checkpoints/NAME/ is a folder as `refscout convert` reads it. The tiny-* folders hold the same
weights in different clothes: every number is exact in f16 and in bf16, so all of them must convert
to the same model. `wide` has other dimensions (16 a head, no multiples of 8) and full f32
mantissas, `tanh` the other GELU. reference.json, in tiny-safetensors, wide and tanh, has for ids of
every length the last layer's vector at [CLS] and the mean over all tokens: computed in f64 by the
plain functions below, checked against PyTorch's own nn.TransformerEncoderLayer in f32.

pickles/ holds state dicts of three small tensors in both formats and every pickle protocol;
zip-nocrc.bin is as torch.serialization.set_crc32_options(False) writes it.
"""

import collections
import json
import pathlib
import shutil
import struct

import numpy
import torch

SEED = 20240613
HERE = pathlib.Path(__file__).resolve().parent
EPS = 1e-12

# Not BERT's order, so that an id that is not looked up is wrong.
SPECIALS = ["[unused0]", "[SEP]", "[PAD]", "[MASK]", "[CLS]", "[UNK]", "[unused1]"]
LETTERS = [chr(c) for c in range(ord("a"), ord("z") + 1)]
WORDS = """the of in and to with is we neuron cortex synapse memory signal network spike fear
sleep model learn mouse retina visual motor axon gene cell β 脳 ##ity ##al ##ing ##ed ##ic ##ory
##on ##ly ##ness ##ation ##é""".split()
VOCAB = SPECIALS + list("0123456789") + list(".,;:()-%") + LETTERS + ["##" + c for c in LETTERS] + WORDS
assert len(set(VOCAB)) == len(VOCAB)


class Shape:
    def __init__(self, layers, hidden, ffn, heads, positions, act="gelu"):
        self.L, self.H, self.F, self.A, self.P, self.act = layers, hidden, ffn, heads, positions, act


def both_halves(t):
    """Rounds to numbers that f16 and bf16 both hold."""
    t = t.bfloat16().half().float()
    assert torch.equal(t, t.bfloat16().float())
    return t


def make_state(s, seed, exact):
    """A BertForMaskedLM's weights under their usual names, large enough for attention to choose."""
    g = torch.Generator().manual_seed(seed)

    def normal(*shape, std=0.15, mean=0.0):
        t = torch.randn(*shape, generator=g) * std + mean
        return both_halves(t) if exact else t

    state = collections.OrderedDict()
    state["embeddings.word_embeddings.weight"] = normal(len(VOCAB), s.H, std=0.5)
    state["embeddings.position_embeddings.weight"] = normal(s.P, s.H, std=0.3)
    state["embeddings.token_type_embeddings.weight"] = normal(2, s.H, std=0.2)
    state["embeddings.LayerNorm.weight"] = normal(s.H, mean=1.0)
    state["embeddings.LayerNorm.bias"] = normal(s.H)
    for i in range(s.L):
        at = f"encoder.layer.{i}."
        for name, rows, columns, std in (
            ("attention.self.query", s.H, s.H, 0.25),
            ("attention.self.key", s.H, s.H, 0.25),
            ("attention.self.value", s.H, s.H, 0.15),
            ("attention.output.dense", s.H, s.H, 0.15),
            ("intermediate.dense", s.F, s.H, 0.15),
            ("output.dense", s.H, s.F, 0.15),
        ):
            state[at + name + ".weight"] = normal(rows, columns, std=std)
            state[at + name + ".bias"] = normal(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            state[at + name + ".weight"] = normal(s.H, mean=1.0)
            state[at + name + ".bias"] = normal(s.H)
    state["pooler.dense.weight"] = normal(s.H, s.H)
    state["pooler.dense.bias"] = normal(s.H)
    return state


# ---- What PyTorch computes -------------------------------------------------------------------


def norm(x, w, name):
    return torch.nn.functional.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], EPS)


def linear(x, w, name):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def forward(s, state, ids):
    """The last hidden states [T, H] in f64, written from Devlin et al. 2018 and Vaswani et al. 2017."""
    w = {name: t.double() for name, t in state.items()}
    T, D = len(ids), s.H // s.A
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:T]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
    for i in range(s.L):
        at = f"encoder.layer.{i}."
        q, k, v = (
            linear(x, w, at + "attention.self." + part).view(T, s.A, D).transpose(0, 1)
            for part in ("query", "key", "value")
        )
        mixed = torch.softmax(q @ k.transpose(1, 2) / D**0.5, dim=-1) @ v
        mixed = linear(mixed.transpose(0, 1).reshape(T, s.H), w, at + "attention.output.dense")
        x = norm(x + mixed, w, at + "attention.output.LayerNorm")
        inner = torch.nn.functional.gelu(
            linear(x, w, at + "intermediate.dense"), approximate="tanh" if s.act == "gelu_new" else "none"
        )
        x = norm(x + linear(inner, w, at + "output.dense"), w, at + "output.LayerNorm")
    return x


def torch_layers(s, state):
    """The same layers as PyTorch builds them, to check forward() with."""
    for i in range(s.L):
        at = f"encoder.layer.{i}."
        layer = torch.nn.TransformerEncoderLayer(s.H, s.A, s.F, 0.0, "gelu", EPS, batch_first=True)
        renamed = {}
        for kind in ("weight", "bias"):
            parts = [state[f"{at}attention.self.{p}.{kind}"] for p in ("query", "key", "value")]
            renamed["self_attn.in_proj_" + kind] = torch.cat(parts)
            for theirs, ours in (
                ("self_attn.out_proj", "attention.output.dense"),
                ("linear1", "intermediate.dense"),
                ("linear2", "output.dense"),
                ("norm1", "attention.output.LayerNorm"),
                ("norm2", "output.LayerNorm"),
            ):
                renamed[f"{theirs}.{kind}"] = state[f"{at}{ours}.{kind}"]
        layer.load_state_dict(renamed)
        yield layer.train()  # dropout is 0; eval() would take the fused path


def check_against_torch(s, state, ids, hidden):
    x = state["embeddings.word_embeddings.weight"][ids] + state["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + state["embeddings.token_type_embeddings.weight"][0], state, "embeddings.LayerNorm")[None]
    for layer in torch_layers(s, state):
        x = layer(x)
    worst = (x[0].double() - hidden).abs().max().item()
    assert worst < 2e-5, worst


def f32_digits(t):
    """The shortest digits that read back as the same f32."""
    return [float(str(v)) for v in t.float().numpy()]


def write_reference(folder, s, state, seed):
    g = torch.Generator().manual_seed(seed)
    cls, sep = VOCAB.index("[CLS]"), VOCAB.index("[SEP]")
    cases = []
    with torch.no_grad():
        for length in range(1, s.P + 1):
            ids = torch.randint(0, len(VOCAB), (length,), generator=g).tolist()
            ids[0], ids[-1] = (cls, sep) if length > 1 else (cls, cls)
            hidden = forward(s, state, ids)
            if s.act == "gelu":
                check_against_torch(s, state, ids, hidden)
            cases.append({"ids": ids, "cls": f32_digits(hidden[0]), "mean": f32_digits(hidden.mean(0))})
    head = {
        "generator": "tests/golden/make_checkpoints.py",
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "seed": seed,
    }
    text = json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n"
    (folder / "reference.json").write_text(text)


# ---- Folders ---------------------------------------------------------------------------------


def write_config(folder, s, full):
    """full: every key; otherwise those of SciBERT's 2019 file, the rest being BERT's defaults."""
    config = {
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": s.act,
        "hidden_dropout_prob": 0.1,
        "hidden_size": s.H,
        "initializer_range": 0.02,
        "intermediate_size": s.F,
        "max_position_embeddings": s.P,
        "num_attention_heads": s.A,
        "num_hidden_layers": s.L,
        "type_vocab_size": 2,
        "vocab_size": len(VOCAB),
    }
    if full:
        config.update(
            architectures=["BertForMaskedLM"],
            model_type="bert",
            layer_norm_eps=EPS,
            position_embedding_type="absolute",
            pad_token_id=VOCAB.index("[PAD]"),
        )
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def write_vocab(folder):
    (folder / "vocab.txt").write_text("".join(token + "\n" for token in VOCAB), encoding="utf-8")


def write_tokenizer_json(folder):
    added = [
        {
            "id": i,
            "content": t,
            "special": True,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
        }
        for i, t in enumerate(VOCAB)
        if t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    ]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {t: i for i, t in sorted(enumerate(VOCAB), key=lambda pair: pair[1])},
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def write_safetensors(path, state):
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, t in state.items():
        raw = t.contiguous().view(torch.int16) if t.dtype == torch.bfloat16 else t.contiguous()
        blob = raw.numpy().tobytes()
        header[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def write_torch(path, state, legacy, protocol=2):
    torch.save(state, path, _use_new_zipfile_serialization=not legacy, pickle_protocol=protocol)


def without_crc(archive):
    """Zeroes the CRC in each header of the zip's directory."""
    out = bytearray(archive)
    at = out.find(b"PK\1\2")
    while at >= 0:
        out[at + 16 : at + 20] = bytes(4)
        at = out.find(b"PK\1\2", at + 4)
    return bytes(out)


def prefixed(state, prefix, gamma_beta=False):
    def rename(name):
        if gamma_beta:
            name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        return prefix + name

    return collections.OrderedDict((rename(name), t) for name, t in state.items())


def with_heads(state):
    """Adds the masked-language head of a BertForMaskedLM; its decoder shares the word embeddings."""
    H = state["embeddings.LayerNorm.weight"].numel()
    out = prefixed(state, "bert.")
    out["cls.predictions.bias"] = torch.zeros(len(VOCAB))
    out["cls.predictions.transform.dense.weight"] = torch.eye(H)
    out["cls.predictions.transform.LayerNorm.weight"] = torch.ones(H)
    out["cls.predictions.decoder.weight"] = out["bert.embeddings.word_embeddings.weight"]
    out["cls.seq_relationship.weight"] = torch.zeros(2, H)
    return out


def as_views(state):
    """Query, key and value inside one storage, the word embeddings as a transposed view."""
    out = prefixed(state, "bert.")
    for name in [n for n in out if ".query." in n]:
        names = [name.replace("query", part) for part in ("query", "key", "value")]
        whole = torch.cat([out[n] for n in names])
        for n, part in zip(names, whole.chunk(3)):
            out[n] = part
    word = "bert.embeddings.word_embeddings.weight"
    out[word] = out[word].T.contiguous().T
    out["bert.embeddings.position_ids"] = torch.arange(40).expand((1, -1))
    return out


def main():
    root = HERE / "checkpoints"
    for old in root.glob("*/"):
        shutil.rmtree(old)

    def folder(name):
        (root / name).mkdir(parents=True)
        return root / name

    tiny = Shape(layers=2, hidden=32, ffn=64, heads=4, positions=40)
    state = make_state(tiny, SEED, exact=True)

    d = folder("tiny-safetensors")
    write_config(d, tiny, full=True)
    write_vocab(d)
    (d / "tokenizer_config.json").write_text('{"do_lower_case": true, "tokenizer_class": "BertTokenizer"}\n')
    write_safetensors(d / "model.safetensors", prefixed(state, "bert."))
    write_reference(d, tiny, state, SEED + 1)

    for name, legacy, weights in (
        ("tiny-zip", False, with_heads(state)),
        ("tiny-legacy", True, with_heads(state)),
        ("tiny-bare", False, prefixed(state, "", gamma_beta=True)),
        ("tiny-views", False, as_views(state)),
        (
            "tiny-f16",
            True,
            collections.OrderedDict(
                (n, torch.nn.Parameter(t.half())) for n, t in prefixed(state, "0.auto_model.").items()
            ),
        ),
    ):
        d = folder(name)
        write_config(d, tiny, full=name != "tiny-legacy")
        write_vocab(d)
        write_torch(d / "pytorch_model.bin", weights, legacy)

    d = folder("tiny-bf16")
    write_config(d, tiny, full=True)
    write_tokenizer_json(d)
    write_safetensors(d / "model.safetensors", {n: t.bfloat16() for n, t in prefixed(state, "").items()})

    for name, s, seed in (
        ("wide", Shape(layers=2, hidden=48, ffn=52, heads=3, positions=24), SEED + 2),
        ("tanh", Shape(layers=1, hidden=32, ffn=44, heads=2, positions=12, act="gelu_new"), SEED + 4),
    ):
        d = folder(name)
        state = make_state(s, seed, exact=False)
        write_config(d, s, full=True)
        write_vocab(d)
        del state["pooler.dense.weight"], state["pooler.dense.bias"]
        write_safetensors(d / "model.safetensors", state)
        write_reference(d, s, state, seed + 1)

    pickles = HERE / "pickles"
    pickles.mkdir(exist_ok=True)
    for protocol in range(2, 6):
        a = torch.arange(6, dtype=torch.float32).reshape(2, 3) - 2.5
        small = collections.OrderedDict(a=a, b=torch.nn.Parameter(a[1:, 1:].half()), c=torch.tensor([7, 8]))
        small._metadata = collections.OrderedDict({"": {"version": 1}})
        write_torch(pickles / f"zip-{protocol}.bin", small, legacy=False, protocol=protocol)
        write_torch(pickles / f"legacy-{protocol}.bin", small, legacy=True, protocol=protocol)
    (pickles / "zip-nocrc.bin").write_bytes(without_crc((pickles / "zip-2.bin").read_bytes()))


main()
