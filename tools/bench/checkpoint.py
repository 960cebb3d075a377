#!/usr/bin/env python3
"""Writes one network three times, for measuring: a Hugging Face checkpoint for refscout, the same
weights as an ONNX graph with dynamic int8 products, as onnxruntime's quantize_dynamic emits it, and
as a GGUF file for llama.cpp, with Q8_0 matrices as its llama-quantize emits them.

    tools/bench/checkpoint.py OUT_DIR

OUT_DIR gets checkpoint/{config.json,vocab.txt,model.safetensors}, int8.onnx and q8_0.gguf. The shape is
SciBERT's, the weights are seeded random numbers: speed does not depend on training. The words of the
vocabulary are word0, word1, … so that a text of so many tokens is easily made.
Needs numpy and onnx (Debian: python3-numpy python3-onnx).
"""

import json
import pathlib
import struct
import sys

import gguf
import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

LAYERS, HIDDEN, FFN, HEADS, VOCAB, POSITIONS, SEED = 12, 768, 3072, 12, 31090, 512, 20261124
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [f"word{i}" for i in range(VOCAB - len(SPECIALS))]
NORM_EPS = 1e-12


def make_weights():
    """Tensors by their names in a BERT checkpoint; matrices are [out, in]."""
    rng = np.random.default_rng(SEED)

    def normal(*shape, std=0.02, mean=0.0):
        return (rng.standard_normal(shape, dtype=np.float32) * std + mean).astype(np.float32)

    w = {
        "embeddings.word_embeddings.weight": normal(VOCAB, HIDDEN, std=0.05),
        "embeddings.position_embeddings.weight": normal(POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": normal(2, HIDDEN),
    }

    def norm(name):
        w[name + ".weight"], w[name + ".bias"] = normal(HIDDEN, std=0.1, mean=1.0), normal(HIDDEN)

    norm("embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}."
        for name, n, k in (
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", FFN, HIDDEN),
            ("output.dense", HIDDEN, FFN),
        ):
            w[layer + name + ".weight"], w[layer + name + ".bias"] = normal(n, k, std=0.04), normal(n)
        norm(layer + "attention.output.LayerNorm")
        norm(layer + "output.LayerNorm")
    return w


def write_checkpoint(folder, weights):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(SPECIALS + WORDS) + "\n", encoding="utf-8")
    (folder / "config.json").write_text(
        json.dumps(
            {
                "model_type": "bert",
                "hidden_act": "gelu",
                "hidden_size": HIDDEN,
                "intermediate_size": FFN,
                "layer_norm_eps": NORM_EPS,
                "max_position_embeddings": POSITIONS,
                "num_attention_heads": HEADS,
                "num_hidden_layers": LAYERS,
                "type_vocab_size": 2,
                "vocab_size": VOCAB,
            }
        ),
        encoding="utf-8",
    )
    header, at = {}, 0
    for name, tensor in weights.items():
        header["bert." + name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(header).encode()
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in weights.values():
            file.write(tensor.tobytes())


class Graph:
    """Nodes and constants, in the order they are asked for."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, name, array):
        self.constants.setdefault(name, numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names


def onnx_model(weights):
    g = Graph()
    head = HIDDEN // HEADS
    one = g.constant("one", np.float32(1))

    def quantize(x):
        return g.add("DynamicQuantizeLinear", x, outputs=3)

    def linear(quantized, name):
        values, scale, zero = quantized
        weight = weights[name + ".weight"].T  # [in, out], as MatMulInteger wants it
        step = np.float32(np.abs(weight).max() / 127)
        q = g.constant(name + ".q", np.rint(weight / step).astype(np.int8))
        q_zero = g.constant("weight_zero", np.int8(0))
        product = g.add("Cast", g.add("MatMulInteger", values, q, zero, q_zero), to=TensorProto.FLOAT)
        both = g.add("Mul", scale, g.constant(name + ".scale", step))
        return g.add("Add", g.add("Mul", product, both), g.constant(name + ".bias", weights[name + ".bias"]))

    def layer_norm(x, name):
        return g.add(
            "LayerNormalization",
            x,
            g.constant(name + ".gain", weights[name + ".weight"]),
            g.constant(name + ".shift", weights[name + ".bias"]),
            axis=-1,
            epsilon=NORM_EPS,
        )

    def split_heads(x, order):
        shape = g.constant("head_shape", np.array([0, 0, HEADS, head], np.int64))
        return g.add("Transpose", g.add("Reshape", x, shape), perm=order)

    def table(name):
        return g.constant(name, weights[f"embeddings.{name}_embeddings.weight"])

    def quantized_table(name):
        values = weights[f"embeddings.{name}_embeddings.weight"]
        step = np.float32(np.abs(values).max() / 127)
        return g.constant(name, np.rint(values / step).astype(np.int8)), g.constant(name + ".scale", step)

    length = g.add("Gather", g.add("Shape", "input_ids"), g.constant("axis_1", np.int64(1)), axis=0)
    positions = g.add("Range", g.constant("first", np.int64(0)), length, g.constant("step", np.int64(1)))
    word, word_step = quantized_table("word")
    words = g.add(
        "DequantizeLinear", g.add("Gather", word, "input_ids"), word_step, g.constant("word_zero", np.int8(0))
    )
    types = g.add("Gather", table("token_type"), "token_type_ids")
    x = g.add("Add", g.add("Add", words, types), g.add("Gather", table("position"), positions))
    x = layer_norm(x, "embeddings.LayerNorm")
    hidden = g.add("Sub", one, g.add("Cast", "attention_mask", to=TensorProto.FLOAT))
    mask = g.add(
        "Unsqueeze",
        g.add("Mul", hidden, g.constant("far", np.float32(-1e9))),
        g.constant("mask_axes", np.array([1, 2], np.int64)),
    )
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}."
        q = quantize(x)
        query = split_heads(linear(q, layer + "attention.self.query"), [0, 2, 1, 3])
        key = split_heads(linear(q, layer + "attention.self.key"), [0, 2, 3, 1])
        value = split_heads(linear(q, layer + "attention.self.value"), [0, 2, 1, 3])
        scores = g.add("Div", g.add("MatMul", query, key), g.constant("root", np.float32(np.sqrt(head))))
        shares = g.add("Softmax", g.add("Add", scores, mask), axis=-1)
        context = g.add("Transpose", g.add("MatMul", shares, value), perm=[0, 2, 1, 3])
        context = g.add("Reshape", context, g.constant("flat", np.array([0, 0, HIDDEN], np.int64)))
        attended = linear(quantize(context), layer + "attention.output.dense")
        x = layer_norm(g.add("Add", attended, x), layer + "attention.output.LayerNorm")
        inner = linear(quantize(x), layer + "intermediate.dense")
        erf = g.add("Erf", g.add("Div", inner, g.constant("root_2", np.float32(np.sqrt(2)))))
        gelu = g.add("Mul", g.add("Mul", inner, g.add("Add", erf, one)), g.constant("half", np.float32(0.5)))
        outer = linear(quantize(gelu), layer + "output.dense")
        x = layer_norm(g.add("Add", outer, x), layer + "output.LayerNorm")
    g.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", HIDDEN])
    graph = helper.make_graph(g.nodes, "bert", inputs, [output], list(g.constants.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_gguf(path, weights):
    names = {
        "attention.self.query": "attn_q",
        "attention.self.key": "attn_k",
        "attention.self.value": "attn_v",
        "attention.output.dense": "attn_output",
        "attention.output.LayerNorm": "attn_output_norm",
        "intermediate.dense": "ffn_up",
        "output.dense": "ffn_down",
        "output.LayerNorm": "layer_output_norm",
        "embeddings.word_embeddings": "token_embd",
        "embeddings.position_embeddings": "position_embd",
        "embeddings.token_type_embeddings": "token_types",
        "embeddings.LayerNorm": "token_embd_norm",
    }
    tensors = {}
    for name, tensor in weights.items():
        name, part = name.rsplit(".", 1)
        prefix = ""
        if name.startswith("encoder.layer."):
            number, name = name.removeprefix("encoder.layer.").split(".", 1)
            prefix = f"blk.{number}."
        exact = tensor.ndim == 1 or names[name] in ("position_embd", "token_types")
        tensors[f"{prefix}{names[name]}.{part}"] = tensor if exact else gguf.q8_0(tensor)
    pad, unknown, cls, sep, mask = range(len(SPECIALS))
    normal, control = 1, 3
    gguf.write(
        path,
        {
            "general.architecture": "bert",
            "bert.block_count": LAYERS,
            "bert.context_length": POSITIONS,
            "bert.embedding_length": HIDDEN,
            "bert.feed_forward_length": FFN,
            "bert.attention.head_count": HEADS,
            "bert.attention.layer_norm_epsilon": NORM_EPS,
            "bert.attention.causal": False,
            "bert.pooling_type": 2,  # [CLS]'s
            "tokenizer.ggml.model": "bert",
            "tokenizer.ggml.token_type_count": 2,
            # A piece that starts a word is marked, not one that goes on as in vocab.txt.
            "tokenizer.ggml.tokens": SPECIALS + ["\u2581" + word for word in WORDS],
            "tokenizer.ggml.token_type": [control] * len(SPECIALS) + [normal] * len(WORDS),
            "tokenizer.ggml.bos_token_id": cls,
            "tokenizer.ggml.seperator_token_id": sep,  # so spelt
            "tokenizer.ggml.padding_token_id": pad,
            "tokenizer.ggml.unknown_token_id": unknown,
            "tokenizer.ggml.mask_token_id": mask,
        },
        tensors,
    )


def main():
    out = pathlib.Path(sys.argv[1])
    weights = make_weights()
    write_checkpoint(out / "checkpoint", weights)
    save(onnx_model(weights), str(out / "int8.onnx"))
    write_gguf(out / "q8_0.gguf", weights)


if __name__ == "__main__":
    main()
