"""GGUF version 3, llama.cpp's file of a model: facts by name, then tensors, each f32 or Q8_0."""

import struct

import numpy as np

BLOCK, ALIGNMENT = 32, 32
Q8_0 = np.dtype([("scale", "<f2"), ("values", "i1", BLOCK)])
TENSOR_TYPES = {np.dtype("<f4"): 0, Q8_0: 8}
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def q8_0(matrix):
    """Rows in blocks of 32 values, each with a scale."""
    values = matrix.reshape(matrix.shape[0], -1, BLOCK)
    step = np.abs(values).max(axis=-1, keepdims=True) / np.float32(127)
    blocks = np.empty(values.shape[:2], Q8_0)
    blocks["scale"] = step[..., 0]
    blocks["values"] = np.rint(values / np.where(step, step, 1))
    return blocks


def _string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _fact(value):
    """A value after the number of its type; whole numbers are signed in arrays only."""
    if isinstance(value, list):
        kind, item = (STRING, _string) if isinstance(value[0], str) else (INT32, struct.Struct("<i").pack)
        return struct.pack("<IIQ", ARRAY, kind, len(value)) + b"".join(map(item, value))
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _string(value)
    if isinstance(value, bool):  # before int, of which it is a kind
        return struct.pack("<I?", BOOL, value)
    return struct.pack("<If", FLOAT32, value) if isinstance(value, float) else struct.pack("<II", UINT32, value)


def write(path, facts, tensors):
    """Tensors are arrays of f32, or what q8_0 returns; their last axis is the one that lies together."""

    def padding(size):
        return bytes(-size % ALIGNMENT)

    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    head += b"".join(_string(name) + _fact(value) for name, value in facts.items())
    at = 0
    for name, tensor in tensors.items():
        *outer, inner = tensor.shape
        shape = [inner * (BLOCK if tensor.dtype == Q8_0 else 1), *reversed(outer)]
        head += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, TENSOR_TYPES[tensor.dtype], at)
        at += tensor.nbytes + len(padding(tensor.nbytes))
    with open(path, "wb") as file:
        file.write(head + padding(len(head)))
        for tensor in tensors.values():
            file.write(tensor.tobytes() + padding(tensor.nbytes))
