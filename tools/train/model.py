"""A small BERT, and its checkpoint folder in Hugging Face's layout."""

import json
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

EPS = 1e-12
POSITIONS = 512


class Layer(nn.Module):
    def __init__(self, hidden, feed_forward, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))
        self.attention = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=EPS)
        self.up, self.down = nn.Linear(hidden, feed_forward), nn.Linear(feed_forward, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=EPS)
        # To begin with the layer gives back what it gets: normalised rows.
        for linear in (self.query, self.key, self.value, self.attention, self.up, self.down):
            nn.init.normal_(linear.weight, std=0.02)
            nn.init.zeros_(linear.bias)
        nn.init.zeros_(self.attention.weight)
        nn.init.zeros_(self.down.weight)

    def forward(self, x, hidden_keys):
        """x: [B, T, H]; hidden_keys: [B, 1, 1, T], 0 or -inf."""
        b, t, h = x.shape
        q, k, v = (f(x).view(b, t, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        share = (q @ k.transpose(2, 3) / math.sqrt(h // self.heads) + hidden_keys).softmax(-1)
        x = self.attention_norm(x + self.attention((share @ v).transpose(1, 2).reshape(b, t, h)))
        return self.output_norm(x + self.down(functional.gelu(self.up(x))))


class Bert(nn.Module):
    def __init__(self, vocab_size, hidden, layers, feed_forward, heads):
        super().__init__()
        self.word = nn.Embedding(vocab_size, hidden)
        self.position = nn.Parameter(torch.zeros(POSITIONS, hidden))
        self.norm = nn.LayerNorm(hidden, eps=EPS)
        self.layers = nn.ModuleList(Layer(hidden, feed_forward, heads) for _ in range(layers))

    def forward(self, ids, mask):
        """ids, mask: [B, T]. Returns the mean over each text's tokens, [B, H]."""
        x = self.norm(self.word(ids) + self.position[: ids.shape[1]])
        hidden_keys = torch.zeros(mask.shape, dtype=x.dtype).masked_fill(~mask, -math.inf)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, hidden_keys)
        keep = mask[:, :, None].to(x.dtype)
        return (x * keep).sum(1) / keep.sum(1)

    def texts(self, texts, tokens=8192):
        """[n, H] of a list of id arrays, those of like length together."""
        order = np.argsort([len(t) for t in texts], kind="stable")
        parts, first = [], 0
        while first < len(order):
            last = first + 1
            while last < len(order) and (last + 1 - first) * len(texts[order[last]]) <= tokens:
                last += 1
            rows = [texts[i] for i in order[first:last]]
            ids = torch.zeros(len(rows), len(rows[-1]), dtype=torch.long)
            mask = torch.zeros(ids.shape, dtype=torch.bool)
            for r, row in enumerate(rows):
                ids[r, : len(row)] = torch.from_numpy(row.astype(np.int64))
                mask[r, : len(row)] = True
            parts.append(self(ids, mask))
            first = last
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return torch.cat(parts)[torch.from_numpy(back)]

    @torch.no_grad()
    def set_bag(self, bag):
        """Makes the network, whose layers are still the identity, the bag of words of bag.py."""
        self.word.weight.copy_(functional.layer_norm(bag.word, bag.word.shape[1:]))
        self.layers[-1].output_norm.weight[bag.width :] = 0


_NAMES = (  # in Layer, in a checkpoint
    ("query", "attention.self.query"),
    ("key", "attention.self.key"),
    ("value", "attention.self.value"),
    ("attention", "attention.output.dense"),
    ("attention_norm", "attention.output.LayerNorm"),
    ("up", "intermediate.dense"),
    ("down", "output.dense"),
    ("output_norm", "output.LayerNorm"),
)


def _tensors(model):
    """(name in a checkpoint, tensor) of all weights."""
    yield "bert.embeddings.word_embeddings.weight", model.word.weight
    yield "bert.embeddings.position_embeddings.weight", model.position
    yield "bert.embeddings.token_type_embeddings.weight", torch.zeros(2, model.position.shape[1])
    modules = [("embeddings.LayerNorm", model.norm)]
    for i, layer in enumerate(model.layers):
        modules += [(f"encoder.layer.{i}.{theirs}", getattr(layer, ours)) for ours, theirs in _NAMES]
    for name, module in modules:
        yield f"bert.{name}.weight", module.weight
        yield f"bert.{name}.bias", module.bias


def save(folder, model, vocab):
    """config.json, vocab.txt and model.safetensors, as `refscout convert` and transformers read them."""
    header, arrays, at = {}, [], 0
    for name, value in _tensors(model):
        array = np.ascontiguousarray(value.detach().numpy(), dtype="<f4")
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        arrays.append(array)
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    config = {
        "model_type": "bert",
        "hidden_size": model.word.weight.shape[1],
        "intermediate_size": model.layers[0].up.weight.shape[0],
        "num_hidden_layers": len(model.layers),
        "num_attention_heads": model.layers[0].heads,
        "max_position_embeddings": POSITIONS,
        "vocab_size": len(vocab),
        "hidden_act": "gelu",
        "layer_norm_eps": EPS,
        "type_vocab_size": 2,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    part = folder / "model.safetensors.part"
    with open(part, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays:
            file.write(array.tobytes())
    part.rename(folder / "model.safetensors")


@torch.no_grad()
def load(folder):
    """The model of a folder that save() wrote."""
    c = json.loads((folder / "config.json").read_text())
    model = Bert(
        c["vocab_size"], c["hidden_size"], c["num_hidden_layers"], c["intermediate_size"], c["num_attention_heads"]
    )
    data = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    for name, value in _tensors(model):
        first, last = (8 + size + offset for offset in header[name]["data_offsets"])
        value.copy_(torch.from_numpy(np.frombuffer(data[first:last], "<f4").reshape(value.shape).copy()))
    return model
